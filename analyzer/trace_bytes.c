/* SPDX-License-Identifier: MIT */
#include "trace_bytes.h"
#include "preload/tl_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int bytes_error(char *error, size_t size, const char *what)
{
	snprintf(error, size, "%s: %s", what, strerror(errno));
	return -1;
}

/* Reads [from, to) at its place in the copy; a short file leaves zeros, which the reader judges. */
static int read_extent(struct trace_bytes *bytes, int fd, off_t from, off_t to)
{
	while (from < to) {
		ssize_t n = pread(fd, bytes->data + from, (size_t)(to - from), from);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			from += n;
	}
	return 0;
}

/* Copies the data and leaves the holes: untouched anonymous pages cost nothing. */
static int copy_extents(struct trace_bytes *bytes, int fd)
{
	off_t end = (off_t)bytes->len, from = 0, to;

	while (from < end) {
		from = lseek(fd, from, SEEK_DATA);
		if (from < 0 && errno == ENXIO)
			return 0;
		if (from < 0)
			return read_extent(bytes, fd, 0, end);
		to = lseek(fd, from, SEEK_HOLE);
		if (to <= from || to > end)
			to = end;
		if (from < end && read_extent(bytes, fd, from, to))
			return -1;
		from = to;
	}
	return 0;
}

/* Of a sparse trace only the part in use is of interest; of anything else, all of it. */
static uint64_t useful_length(int fd, uint64_t length)
{
	struct tl_header header;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.magic, TL_MAGIC, sizeof(header.magic)) != 0)
		return length;
	if (header.bytes_used >= sizeof(header) && header.bytes_used < length)
		return header.bytes_used;
	return length;
}

/* A live trace may have grown between the look at its header and the copy: what was copied is whole
 * all the same, and must not count as cut. */
static void pin_length(struct trace_bytes *bytes, uint64_t file_length)
{
	size_t at = offsetof(struct tl_header, bytes_used);
	uint64_t used;

	if (bytes->len < sizeof(struct tl_header) || bytes->len == file_length)
		return;
	memcpy(&used, bytes->data + at, sizeof(used));
	if (used <= bytes->len || used > file_length)
		return;
	used = bytes->len;
	memcpy(bytes->data + at, &used, sizeof(used));
}

static int read_regular(struct trace_bytes *bytes, int fd, uint64_t file_length, char *error,
			size_t size)
{
	uint64_t length = useful_length(fd, file_length);
	void *copy;

	if (length > TRACE_BYTES_MAX) {
		bytes->cut = true;
		length = TRACE_BYTES_MAX;
	}
	if (length == 0)
		return 0;
	copy = mmap(NULL, length, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (copy == MAP_FAILED)
		return bytes_error(error, size, "cannot map memory");
	/* Fewer page faults, which are what reading costs; refused, it costs nothing. */
	madvise(copy, length, MADV_HUGEPAGE);
	bytes->data = copy;
	bytes->len = bytes->mapped = length;
	if (copy_extents(bytes, fd))
		return bytes_error(error, size, "cannot read");
	if (!bytes->cut)
		pin_length(bytes, file_length);
	return 0;
}

/* No trace, or one without an end: whoever writes it is not waited for. */
static bool is_hopeless(const struct trace_bytes *bytes)
{
	return bytes->len >= sizeof(TL_MAGIC) &&
	       memcmp(bytes->data, TL_MAGIC, sizeof(TL_MAGIC)) != 0;
}

#define BLANKS_MAX 4096 /* before what has a meaning */

/* The first byte that is no blank of JSON; 0 if there is none among those looked at. */
static int first_byte(const struct trace_bytes *bytes)
{
	size_t i;

	for (i = 0; i < bytes->len && i < BLANKS_MAX; i++)
		if (!strchr(" \t\r\n", bytes->data[i]) || !bytes->data[i])
			return bytes->data[i];
	return 0;
}

bool trace_bytes_are_json(const struct trace_bytes *bytes)
{
	int c = first_byte(bytes);

	return c == '{' || c == '[';
}

/* JSON, or blanks so far. */
static bool may_be_json(const struct trace_bytes *bytes)
{
	return trace_bytes_are_json(bytes) || (bytes->len < BLANKS_MAX && !first_byte(bytes));
}

/* As much again as the limit is read and dropped, so that a writer who has little more is not left
 * with a broken pipe. */
static void drop_rest(int fd)
{
	char drop[4096];
	uint64_t left = TRACE_BYTES_MAX;
	ssize_t n;

	while (left > sizeof(drop) && (n = read(fd, drop, sizeof(drop))) > 0)
		left -= (uint64_t)n;
}

static int read_stream(struct trace_bytes *bytes, int fd, bool json, char *error, size_t size)
{
	size_t capacity = 0;
	char drop[4096];

	for (;;) {
		uint8_t *room;
		ssize_t n;

		if (bytes->len == capacity && capacity < TRACE_BYTES_MAX) {
			capacity = capacity ? capacity * 2 : 1 << 16;
			room = realloc(bytes->data, capacity);
			if (!room)
				return bytes_error(error, size, "cannot read");
			bytes->data = room;
		}
		bytes->cut = bytes->len == capacity;
		n = bytes->cut ? read(fd, drop, sizeof(drop))
			       : read(fd, bytes->data + bytes->len, capacity - bytes->len);
		if (n < 0 && errno != EINTR)
			return bytes_error(error, size, "cannot read");
		if (n == 0) {
			bytes->cut = false;
			return 0;
		}
		if (n > 0 && bytes->cut)
			break;
		if (n > 0)
			bytes->len += (size_t)n;
		if (is_hopeless(bytes) && !(json && may_be_json(bytes)))
			return 0;
	}
	drop_rest(fd);
	return 0;
}

static int read_fd(struct trace_bytes *bytes, int fd, bool json, char *error, size_t size)
{
	struct stat st;

	*bytes = (struct trace_bytes){0};
	if (fstat(fd, &st))
		return bytes_error(error, size, "cannot read");
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return bytes_error(error, size, "cannot read");
	}
	if (!S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) != 0)
		return read_stream(bytes, fd, json, error, size);
	bytes->dev = st.st_dev;
	bytes->ino = st.st_ino;
	return read_regular(bytes, fd, (uint64_t)st.st_size, error, size);
}

int trace_bytes_fd(struct trace_bytes *bytes, int fd, char *error, size_t size)
{
	return read_fd(bytes, fd, false, error, size);
}

/* To open a device may act on it, and it may have no end. */
static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

int trace_open_found(const char *path)
{
	bool by_kernel = strncmp(path, "/proc/", 6) == 0 && strstr(path, "/map_files/");
	int place = open(path, O_PATH | O_CLOEXEC | (by_kernel ? 0 : O_NOFOLLOW)), fd = -1;
	struct stat st;
	char name[64];

	if (place < 0)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	if (fstat(place, &st) == 0 && S_ISREG(st.st_mode))
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	else
		errno = EINVAL;
	close(place);
	return fd;
}

static int read_named(struct trace_bytes *bytes, const char *path, bool found, bool json,
		      char *error, size_t size)
{
	int fd, result;

	*bytes = (struct trace_bytes){0};
	if (!found && is_device(path)) {
		snprintf(error, size, "is a device");
		return -1;
	}
	fd = found ? trace_open_found(path) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == EINVAL) {
		snprintf(error, size, "is not a regular file");
		return -1;
	}
	if (fd < 0)
		return bytes_error(error, size, "cannot open");
	result = read_fd(bytes, fd, json, error, size);
	close(fd);
	return result;
}

int trace_bytes_file(struct trace_bytes *bytes, const char *path, bool found, char *error,
		     size_t size)
{
	return read_named(bytes, path, found, false, error, size);
}

int trace_bytes_or_json(struct trace_bytes *bytes, const char *path, char *error, size_t size)
{
	return path ? read_named(bytes, path, false, true, error, size)
		    : read_fd(bytes, STDIN_FILENO, true, error, size);
}

static int read_head(struct trace_bytes *bytes, int fd, char *error, size_t size)
{
	const size_t size_of_head = sizeof(struct tl_header);
	struct stat st;
	ssize_t n;

	bytes->data = malloc(size_of_head);
	n = bytes->data && !fstat(fd, &st) ? pread(fd, bytes->data, size_of_head, 0) : -1;
	if (n < 0)
		return bytes_error(error, size, "cannot read");
	bytes->len = (size_t)n;
	bytes->dev = st.st_dev;
	bytes->ino = st.st_ino;
	return 0;
}

int trace_bytes_head(struct trace_bytes *bytes, const char *path, bool found, char *error,
		     size_t size)
{
	struct stat st;
	int fd, result;

	*bytes = (struct trace_bytes){0};
	/* Who writes to a pipe would notice that it was opened and closed again. */
	if (!found && stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		snprintf(error, size, "is not a regular file");
		return -1;
	}
	fd = found ? trace_open_found(path)
		   : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return bytes_error(error, size, "cannot open");
	result = read_head(bytes, fd, error, size);
	close(fd);
	return result;
}

void trace_bytes_free(struct trace_bytes *bytes)
{
	if (bytes->mapped)
		munmap(bytes->data, bytes->mapped);
	else
		free(bytes->data);
	*bytes = (struct trace_bytes){0};
}
