/* SPDX-License-Identifier: MIT */
/*
 * out.h - where the text of the shim goes: the standard error of the beginning, or log_path.
 *
 * A program may close fd 2 before our report (coreutils do, in an exit handler) or use the number
 * for something else (daemons do). So the file that a stream was at the start is remembered by
 * device and inode, and nothing is ever written to another one. If the number holds it no more, it
 * is looked for among the other descriptors, by its path, and as the parent's standard error; else
 * the text goes into the private directory of the traces.
 *
 * Descriptors that are opened here are close-on-exec, as high as the limit allows (500 and up) and
 * belong to the caller, who closes them at once: none is kept. Nothing here touches errno or
 * allocates.
 */
#ifndef TL_OUT_H
#define TL_OUT_H

#include "base.h"

void tl_out_init(void); /* after tl_options_init */

enum tl_out_place {
	TL_OUT_NOWHERE,
	TL_OUT_WANTED,	 /* the stream or file that was asked for */
	TL_OUT_INSTEAD,	 /* standard error, since log_path could not be opened */
	TL_OUT_REOPENED, /* the stream, by another way than its number */
	TL_OUT_STRAY,	 /* a file in the private directory */
};

struct tl_out {
	int fd;
	enum tl_out_place place;
	bool borrowed; /* the host's own number: it has no free one left for a copy */
};

/* `stray`: whether a file may be made where the stream is gone. out.fd is -1 if nowhere. */
struct tl_out tl_out_open(bool stray);
void tl_out_close(struct tl_out *out);

/* All of it, or -errno; -EAGAIN if nobody reads. A broken pipe or a full quota is no signal for the
 * host. */
int tl_out_write(int fd, const char *text, size_t size);

/* One line to the standard error of the host, or nowhere if it has none. For the beginning. */
void tl_out_warn(const char *line);

#endif
