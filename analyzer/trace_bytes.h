/* SPDX-License-Identifier: MIT */
/*
 * trace_bytes.h - the bytes of one trace: a private copy, so that a live writer, or somebody who
 * truncates the file, changes nothing under the reader.
 *
 * A sparse file costs what it holds, not what it spans: holes stay holes in the copy.
 */
#ifndef ANALYZER_TRACE_BYTES_H
#define ANALYZER_TRACE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_bytes {
	uint8_t *data;
	size_t len;
	size_t mapped;	   /* length of the mapping, 0 if data is malloc's */
	bool cut;	   /* the input was longer than what any trace may be */
	uint64_t dev, ino; /* of a regular file; 0 otherwise */
};

/* More than any trace that a shim writes. */
#define TRACE_BYTES_MAX (UINT64_C(1) << 30)

/*
 * Reads a file by name, or a descriptor to its end (a pipe). With `found` nobody gave the name: see
 * trace_open_found(). 0, or -1 with one clause in error.
 * trace_bytes_free() is right after either.
 */
int trace_bytes_file(struct trace_bytes *bytes, const char *path, bool found, char *error,
		     size_t size);
int trace_bytes_fd(struct trace_bytes *bytes, int fd, char *error, size_t size);
/*
 * What may be a trace or a JSON report, read once: a pipe gives its bytes to one reader. NULL is
 * stdin.
 */
int trace_bytes_or_json(struct trace_bytes *bytes, const char *path, char *error, size_t size);
bool trace_bytes_are_json(const struct trace_bytes *bytes); /* by how they begin */
/* Its first bytes alone, of a regular file; nothing of anything else. */
int trace_bytes_head(struct trace_bytes *bytes, const char *path, bool found, char *error,
		     size_t size);
void trace_bytes_free(struct trace_bytes *bytes);

/*
 * Opens what was found where others may write: a regular file, and of no link, that is looked at
 * before it is opened and cannot be replaced in between. -1 and errno.
 */
int trace_open_found(const char *path);

#endif
