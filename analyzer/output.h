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
 * Writes all of `text` to the path: `-` is stdout; a regular file or a new name is written beside
 * itself and renamed; devices, pipes and sockets are written as they are. 0, or -1 after a message
 * on stderr, with nothing left behind.
 */
int output_write(const char *path, const struct strbuf *text);

/* All of `text` to a descriptor; 0, or -1 with errno set. */
int output_write_fd(int fd, const struct strbuf *text);

/* Whether text for this descriptor is coloured: --color, then NO_COLOR, CLICOLOR_FORCE, terminal */
bool output_colored(enum output_color color, int fd);

#endif
