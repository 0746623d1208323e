/* SPDX-License-Identifier: MIT */
/*
 * sink_head.h - who the process is: what the header of the trace says before any timer exists.
 *
 * tl_sink_head_begin is called once, as early as the shim runs, so that START is the image's and
 * not the first timer's. Async-signal-safe.
 */
#ifndef TL_SINK_HEAD_H
#define TL_SINK_HEAD_H

#include "base.h"
#include "tl_format.h"

struct tl_start {
	uint64_t realtime, monotonic; /* ns */
	uint64_t parent;	      /* realtime of the parent's image if forked, else 0 */
	bool forked;
};

void tl_sink_head_begin(void);
const struct tl_start *tl_sink_head_start(void);
void tl_sink_head_fill(struct tl_header *header, size_t capacity);
/* What is recorded of the heap (enum tl_option_heap, mean bytes between samples): set before or
 * after the trace has begun. */
void tl_sink_head_heap(struct tl_header *header, uint8_t mode, uint64_t sample);
void tl_sink_head_forked(const struct tl_header *parent); /* in the child; NULL: no trace yet */

#endif
