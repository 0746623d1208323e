/* SPDX-License-Identifier: MIT */
/*
 * output.h - where a report goes: a stream, or a file that is written whole or not at all.
 */
#ifndef ANALYZER_OUTPUT_H
#define ANALYZER_OUTPUT_H

#include "strbuf.h"
#include <stdbool.h>

struct format;

enum output_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct output_target {
	const struct format *format; /* formats.h */
	const char *path;	     /* "-" = stdout */
};

/*
 * What is being written to a path: `-` is stdout; a regular file or a new name is written beside
 * itself, as the text comes, and renamed; devices, pipes and sockets are written as they are, and
 * like stdout only once all of the text is there.
 */
struct output {
	struct strbuf text; /* for the writer */
	const char *path;
	char *target, *beside; /* NULL: written in place */
	int fd;
	bool lent; /* stdout, which is not closed */
	int error; /* errno of a write that failed */
};

/* 0, or -1 after a message on stderr, with nothing to be ended. */
int output_begin(struct output *out, const char *path);

/* failed: the writer had no memory. 0, or -1 after a message on stderr, with nothing left behind.
 */
int output_end(struct output *out, bool failed);

/* All of `text` to a descriptor; 0, or -1 with errno set. */
int output_write_fd(int fd, const struct strbuf *text);

/* Whether text for this descriptor is coloured: --color, then NO_COLOR, CLICOLOR_FORCE, terminal */
bool output_colored(enum output_color color, int fd);

#endif
