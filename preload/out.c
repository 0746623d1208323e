/* SPDX-License-Identifier: MIT */
#include "out.h"
#include "options.h"
#include "out_file.h"
#include "sink.h"
#include "sys.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)

/* A descriptor of the host and what it was at the start. */
struct stream {
	int fd;
	bool known;
	uint64_t dev, ino, rdev;
	char path[256]; /* of a terminal or file, else "" */
};

static struct stream wanted = {.fd = 2}, standard_error = {.fd = 2};
static TL_BIG char file_path[TL_OPTION_PATH]; /* the end may come on a signal stack of a few KiB */

static bool same(const struct stream *stream, const struct stat *st)
{
	return st->st_dev == stream->dev && st->st_ino == stream->ino &&
	       st->st_rdev == stream->rdev;
}

static bool look(int fd, struct stat *st)
{
	return tl_syscall(SYS_fstat, fd, (long)st, 0, 0, 0, 0) == 0;
}

static void remember(struct stream *stream, int fd)
{
	struct stat st;
	char link[40];
	ssize_t n;

	*stream = (struct stream){.fd = fd};
	if (!look(fd, &st))
		return;
	stream->known = true;
	stream->dev = st.st_dev;
	stream->ino = st.st_ino;
	stream->rdev = st.st_rdev;
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return;
	tl_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = tl_sys_readlink(link, stream->path, sizeof(stream->path));
	if (n <= 0 || n >= (ssize_t)sizeof(stream->path) - 1 || stream->path[0] != '/')
		stream->path[0] = '\0';
}

/* The number that log_path names, -1 if it is a file. */
static int wanted_number(void)
{
	const char *s = tl_options.log_path;
	uint64_t number;

	if (!s || tl_streq(s, "stderr"))
		return 2;
	if (tl_streq(s, "stdout"))
		return 1;
	if (!tl_starts(s, "fd:"))
		return -1;
	s += 3;
	return tl_parse_u64(&s, 10, &number) && !*s && number <= INT32_MAX ? (int)number : 2;
}

void tl_out_init(void)
{
	int number = wanted_number();

	remember(&standard_error, 2);
	wanted = standard_error;
	if (number != 2)
		remember(&wanted, number);
}

/* ---- a stream that is where it was, or elsewhere ----------------------------------------------
 */

/* A copy first and the look at it afterwards: another thread may replace the number in between. */
static int copy_if_same(const struct stream *stream, int fd)
{
	int copy = tl_out_copy_high(fd);
	struct stat st;

	if (copy < 0)
		return -1;
	if (look(copy, &st) && same(stream, &st))
		return copy;
	tl_sys_close(copy);
	return -1;
}

static bool writable(int fd)
{
	long flags = tl_syscall(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static int among_descriptors(const struct stream *stream)
{
	struct tl_dir dir;
	const char *name;
	int found = -1;

	if (!tl_dir_open(&dir, "/proc/self/fd"))
		return -1;
	while (found < 0 && (name = tl_dir_next(&dir))) {
		struct stat st;
		uint64_t fd;

		if (!tl_parse_u64(&name, 10, &fd) || (int)fd == dir.fd)
			continue;
		if (look((int)fd, &st) && same(stream, &st) && writable((int)fd))
			found = copy_if_same(stream, (int)fd);
	}
	tl_dir_close(&dir);
	return found;
}

/* Looked at before it is opened, because opening a device may do something. */
static int by_path(const struct stream *stream, const char *path, int flags)
{
	struct stat st;
	int fd;

	if (!path[0] || tl_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0, 0) ||
	    !same(stream, &st))
		return -1;
	fd = tl_out_move_high(
	    tl_sys_open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | flags, 0));
	if (fd < 0)
		return -1;
	if (look(fd, &st) && same(stream, &st)) {
		tl_out_set_blocking(fd);
		return fd;
	}
	tl_sys_close(fd);
	return -1;
}

/* The parent's own open file: what it writes afterwards goes behind ours, also where the file was
 * not opened for appending. The kernel allows it to whoever may trace the parent. */
static int from_parent(const struct stream *stream)
{
	long parent = tl_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
	long handle = tl_syscall(SYS_pidfd_open, parent, 0, 0, 0, 0, 0);
	int found = -1;

	for (int number = 2; handle >= 0 && found < 0 && number > 0; number--) {
		long fd = tl_syscall(SYS_pidfd_getfd, handle, number, 0, 0, 0, 0);
		struct stat st;

		if (fd < 0)
			continue;
		if (look((int)fd, &st) && same(stream, &st) && writable((int)fd))
			found = tl_out_move_high((int)fd);
		else
			tl_sys_close((int)fd);
	}
	if (handle >= 0)
		tl_sys_close((int)handle);
	return found;
}

/* A pipe has no path, but the parent often has the same one. */
static int by_parent(const struct stream *stream)
{
	char path[40];
	int fd = -1;

	for (int number = 2; fd < 0 && number > 0; number--) {
		tl_format(path, sizeof(path), "/proc/%ld/fd/%d",
			  tl_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0), number);
		fd = by_path(stream, path, 0);
	}
	return fd;
}

static int reopen(const struct stream *stream)
{
	int fd;

	if (!stream->known)
		return -1;
	fd = among_descriptors(stream);
	if (fd < 0)
		fd = from_parent(stream);
	if (fd < 0)
		fd = by_path(stream, stream->path, O_NOFOLLOW);
	if (fd < 0)
		fd = by_parent(stream);
	return fd;
}

static struct tl_out open_stream(const struct stream *stream)
{
	int fd = stream->known ? copy_if_same(stream, stream->fd) : -1;
	struct stat st;

	if (fd >= 0)
		return (struct tl_out){fd, TL_OUT_WANTED, false};
	/* A program that leaks descriptors is one to report on: do without a number. */
	if (stream->known && look(stream->fd, &st) && same(stream, &st))
		return (struct tl_out){stream->fd, TL_OUT_WANTED, true};
	fd = reopen(stream);
	return (struct tl_out){fd, fd < 0 ? TL_OUT_NOWHERE : TL_OUT_REOPENED, false};
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool names_pid(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%')
			continue;
		pattern++;
		if (*pattern == 'p' || !*pattern)
			break;
	}
	return *pattern == 'p';
}

static int open_log(void)
{
	size_t n;
	int fd;

	if (!tl_options_expand(tl_options.log_path, file_path, sizeof(file_path)))
		return -1;
	n = tl_strlen(file_path);
	if (!names_pid(tl_options.log_path))
		tl_format(file_path + n, sizeof(file_path) - n, ".%d", tl_sys_getpid());
	tl_out_make_parents(file_path);
	fd = tl_out_move_high(tl_sys_open(file_path, FILE_FLAGS, 0600));
	if (fd >= 0) /* it may be a FIFO */
		tl_out_set_blocking(fd);
	return fd;
}

static struct tl_out open_stray(void)
{
	const struct tl_header *header = tl_sink_header();
	const char *dir = tl_sink_dir();
	int fd = -1;

	if (header && dir &&
	    tl_format(file_path, sizeof(file_path), "%s/%u.%llu.txt", dir, header->pid,
		      (unsigned long long)header->start_realtime) < (int)sizeof(file_path))
		fd = tl_out_move_high(tl_sys_open(file_path, FILE_FLAGS, 0600));
	return (struct tl_out){fd, fd < 0 ? TL_OUT_NOWHERE : TL_OUT_STRAY, false};
}

struct tl_out tl_out_open(bool stray)
{
	struct tl_out out = {-1, TL_OUT_NOWHERE, false};

	if (wanted.fd >= 0) {
		out = open_stream(&wanted);
	} else {
		out.fd = open_log();
		out.place = TL_OUT_WANTED;
	}
	if (out.fd < 0 && wanted.fd != 2) {
		out = open_stream(&standard_error);
		out.place = out.fd < 0 ? TL_OUT_NOWHERE : TL_OUT_INSTEAD;
	}
	if (out.fd < 0 && stray)
		out = open_stray();
	return out;
}

void tl_out_close(struct tl_out *out)
{
	if (out->fd >= 0 && !out->borrowed)
		tl_sys_close(out->fd);
	out->fd = -1;
}

void tl_out_warn(const char *line)
{
	char text[300];
	struct stat st;

	if (!look(standard_error.fd, &st) || !same(&standard_error, &st))
		return;
	tl_format(text, sizeof(text) - 1, "timerleak: %s", line);
	tl_strcopy(text + tl_strlen(text), 2, "\n");
	tl_out_write(standard_error.fd, text, tl_strlen(text));
}
