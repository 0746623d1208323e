/* SPDX-License-Identifier: MIT */
/*
 * trace_find.h - the trace of a process by its PID: the mapping of a live one, the kept file of a
 * dead one.
 */
#ifndef ANALYZER_TRACE_FIND_H
#define ANALYZER_TRACE_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_paths {
	char **paths; /* oldest first */
	size_t count, capacity;
};

/*
 * Of a live process its present trace; of a dead one the kept traces of its last chain of execs. 0,
 * or -1 with one clause in error.
 */
int trace_find_pid(uint32_t pid, struct trace_paths *found, char *error, size_t size);
void trace_paths_free(struct trace_paths *found);

/* Whether a process maps the trace file with this inode: then it is alive and writing it. */
bool trace_is_mapped_by(uint32_t pid, uint64_t ino);

/* PID.START.tlk, as the shim names its traces; START is the realtime at which the image began. */
bool trace_parse_name(const char *name, uint32_t *pid, uint64_t *start);

#endif
