/* SPDX-License-Identifier: MIT */
/*
 * site_heap.h - what the timers of a site keep in the heap: where it was allocated, and what the
 * stopped ones left behind. Over all images, by allocation stack.
 */
#ifndef ANALYZER_SITE_HEAP_H
#define ANALYZER_SITE_HEAP_H

#include "stack_index.h"

struct heap_place {
	const struct merged_stack *stack;
	uint64_t objects; /* in 1/TL_HEAP_ONE */
	uint64_t bytes;
	bool estimated; /* from samples, some of it at least */
};

struct heap_places {
	struct heap_place *list; /* once finished: most bytes first */
	size_t count, capacity;
};

struct site_heap {
	struct heap_places retained; /* once finished: at most TL_RETAINED_AT */
	struct heap_places left;     /* once finished: at most one */
	uint64_t left_blocks, left_bytes;
};

/* What one image says of a site; it is the stacks' current one. 0, or -1 on lack of memory. */
int site_heap_add(struct site_heap *heap, struct stack_index *stacks, const struct image *image,
		  const struct tl_site *site);

/* After the last image. */
void site_heap_finish(struct site_heap *heap);
void site_heap_free(struct site_heap *heap);

#endif
