/* SPDX-License-Identifier: MIT */
#include "launch_traces.h"
#include "trace_find.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void launch_traces_free(struct launch_traces *traces)
{
	size_t i;

	for (i = 0; i < traces->count; i++)
		free(traces->items[i].path);
	free(traces->items);
	*traces = (struct launch_traces){NULL, 0, 0};
}

/* ---- one trace ---------------------------------------------------------------------------- */

static bool read_header(int fd, struct tl_header *header)
{
	memset(header, 0, sizeof(*header));
	return pread(fd, header, sizeof(*header), 0) > (ssize_t)sizeof(header->magic);
}

static void describe(struct launch_trace *trace, const struct tl_header *header, uint64_t ino)
{
	trace->pid = header->pid;
	trace->end_state = header->end_state;
	trace->start = header->start;
	trace->alive = trace_is_mapped_by(header->pid, ino);
	snprintf(trace->exe, sizeof(trace->exe), "%.*s", (int)sizeof(trace->exe) - 1, header->exe);
}

/*
 * A process that died between creating its file and filling in the header has nothing to tell. A
 * file in the private directory that is not a trace is left to the reader to complain of.
 */
static bool is_of_this_run(const struct tl_header *header, const struct launch_place *place,
			   bool is_private)
{
	bool has_magic = !memcmp(header->magic, TL_MAGIC, sizeof(header->magic));

	if (is_private)
		return header->magic[0] != '\0';
	return has_magic && header->start >= place->start &&
	       header->start_realtime >= place->start_realtime;
}

static int add_file(struct launch_traces *traces, const struct launch_place *place,
		    const char *path, bool is_private)
{
	struct launch_trace trace = {.path = NULL};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), status = 0;
	struct tl_header header;
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !read_header(fd, &header) ||
	    !is_of_this_run(&header, place, is_private))
		goto out;
	status = -1;
	if (!array_grow(&traces->items, traces->count, &traces->capacity, sizeof(*traces->items)))
		goto out;
	trace.path = strdup(path);
	if (!trace.path)
		goto out;
	describe(&trace, &header, st.st_ino);
	traces->items[traces->count++] = trace;
	status = 0;
out:
	close(fd);
	return status;
}

/* ---- all of them -------------------------------------------------------------------------- */

static int list_dir(struct launch_traces *traces, const struct launch_place *place,
		    const char *name, const char *prefix, const char *suffix)
{
	DIR *dir = opendir(name);
	struct dirent *entry;
	char path[PATH_MAX];
	int status = 0;

	while (dir && !status && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || len < strlen(suffix) ||
		    strcmp(entry->d_name + len - strlen(suffix), suffix) != 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", name, entry->d_name) < (int)sizeof(path))
			status = add_file(traces, place, path, !*prefix);
	}
	if (dir)
		closedir(dir);
	return status;
}

/* FILE, and FILE.PID.START of the other images. */
static int list_named(struct launch_traces *traces, const struct launch_place *place)
{
	char dir[PATH_MAX], *name;

	snprintf(dir, sizeof(dir), "%s", place->trace);
	name = strrchr(dir, '/');
	*name++ = '\0';
	return list_dir(traces, place, dir, name, "");
}

static int by_start(const void *a, const void *b)
{
	const struct launch_trace *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return strcmp(x->path, y->path);
}

int launch_traces_list(struct launch_traces *traces, const struct launch_place *place)
{
	int status;

	*traces = (struct launch_traces){NULL, 0, 0};
	status = list_dir(traces, place, place->dir, "", ".tlk");
	if (!status && place->trace[0])
		status = list_named(traces, place);
	if (traces->count)
		qsort(traces->items, traces->count, sizeof(*traces->items), by_start);
	return status;
}

size_t launch_traces_alive(const struct launch_traces *traces)
{
	size_t i, alive = 0;

	for (i = 0; i < traces->count; i++)
		alive += traces->items[i].alive;
	return alive;
}

struct launch_trace *launch_traces_newest(const struct launch_traces *traces, pid_t pid)
{
	size_t i;

	for (i = traces->count; i-- > 0;)
		if (traces->items[i].pid == (uint32_t)pid)
			return &traces->items[i];
	return NULL;
}

/* ---- ends --------------------------------------------------------------------------------- */

static bool put(int fd, size_t offset, const void *value, size_t size)
{
	return pwrite(fd, value, size, (off_t)offset) == (ssize_t)size;
}

/* The state goes last: a reader that sees it sees the rest. */
static bool write_end(int fd, const struct launch_end *end)
{
	uint32_t state = end->by_signal ? TL_END_SIGNAL : TL_END__EXIT;
	int32_t status = end->status;

	return put(fd, offsetof(struct tl_header, end), &end->time, sizeof(end->time)) &&
	       put(fd, offsetof(struct tl_header, end_status), &status, sizeof(status)) &&
	       put(fd, offsetof(struct tl_header, end_state), &state, sizeof(state));
}

void launch_traces_record_end(const struct launch_traces *traces, const struct launch_end *end)
{
	struct launch_trace *trace = launch_traces_newest(traces, end->pid);
	struct tl_header header;
	int fd;

	if (!trace || trace->end_state != TL_END_RUNNING || trace->alive ||
	    trace->start > end->time)
		return;
	fd = open(trace->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (read_header(fd, &header) && !memcmp(header.magic, TL_MAGIC, sizeof(header.magic)) &&
	    header.endian == TL_ENDIAN && header.end_state == TL_END_RUNNING && write_end(fd, end))
		trace->end_state = end->by_signal ? TL_END_SIGNAL : TL_END__EXIT;
	close(fd);
}

static bool any_unknown(const struct launch_traces *traces)
{
	size_t i;

	for (i = 0; i < traces->count; i++)
		if (traces->items[i].end_state == TL_END_RUNNING && !traces->items[i].alive)
			return true;
	return false;
}

static void record_killed_by(const struct launch_traces *traces, const struct tl_header *header)
{
	size_t i, count = header->killed;

	if (count > ARRAY_LEN(header->killed_by))
		count = ARRAY_LEN(header->killed_by);
	for (i = 0; i < count; i++) {
		const struct tl_killed *killed = &header->killed_by[i];
		const struct launch_end end = {.pid = (pid_t)killed->pid,
					       .by_signal = true,
					       .status = killed->signal,
					       .time = killed->time};

		if (killed->signal > 0 && killed->signal < NSIG)
			launch_traces_record_end(traces, &end);
	}
}

void launch_traces_record_killed(const struct launch_traces *traces)
{
	struct tl_header header;
	size_t i;
	int fd;

	for (i = 0; i < traces->count && any_unknown(traces); i++) {
		fd = open(traces->items[i].path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			continue;
		if (read_header(fd, &header) &&
		    !memcmp(header.magic, TL_MAGIC, sizeof(header.magic)) &&
		    header.endian == TL_ENDIAN)
			record_killed_by(traces, &header);
		close(fd);
	}
}
