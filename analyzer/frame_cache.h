/* SPDX-License-Identifier: MIT */
/*
 * frame_cache.h - what a frame looks like in some format, written once: the frames of a report's
 * stacks are few, and most of its text.
 */
#ifndef ANALYZER_FRAME_CACHE_H
#define ANALYZER_FRAME_CACHE_H

#include "frame.h"
#include <stddef.h>

/* All zero is an empty one. */
struct frame_cache {
	struct frame_text *all;
};

void frame_cache_free(struct frame_cache *cache);

/* What was kept for this frame, which has to stay where it is, in one of several ways to write it;
 * NULL if nothing was. */
const char *frame_cache_find(const struct frame_cache *cache, const struct frame *frame,
			     unsigned way, size_t *len);
/* Copies the text; NULL on lack of memory. */
const char *frame_cache_keep(struct frame_cache *cache, const struct frame *frame, unsigned way,
			     const char *text, size_t len);

#endif
