/* SPDX-License-Identifier: MIT */
/*
 * trace_read.h - the bytes of a trace to an image, trusting none of them.
 *
 * Every length, count and index is checked before it is used. A header that cannot be read, or of a
 * newer major version, is an error; a body that is cut, holed or garbled is read as far as it goes
 * and image.damage says where it broke. After a break, chunks that are found again further on give
 * their timers, but no stacks, modules, sites, creators or heap data: those are referred to by
 * ordinal, or refer so to stacks, and how many the break swallowed cannot be known. Wrong names
 * would be worse than none.
 *
 * Memory: what is read is no larger than the input, of which TRACE_BYTES_MAX is looked at; with the
 * copy of it, and what older, smaller slots grow to, no more than five times the lesser of the two.
 * An input without an end is left at the first eight bytes that are none of a trace.
 */
#ifndef ANALYZER_TRACE_READ_H
#define ANALYZER_TRACE_READ_H

#include "model.h"
#include "trace_bytes.h"

/*
 * 0, or -1 with one clause in error ("at byte 8: ..."). `source` names the input. image_free() is
 * right after either.
 */
int trace_read(struct image *image, const struct trace_bytes *bytes, const char *source,
	       char *error, size_t size);

#endif
