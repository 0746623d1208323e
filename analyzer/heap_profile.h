/* SPDX-License-Identifier: MIT */
/*
 * heap_profile.h - what was allocated, and what of it lives, by stack: merged over all images where
 * the frames agree. In memory one row for each stack, whatever the number of blocks.
 *
 * Frames and names belong to the symbolizer and the images, which must outlive it.
 */
#ifndef ANALYZER_HEAP_PROFILE_H
#define ANALYZER_HEAP_PROFILE_H

#include "heap_summary.h"
#include "stack_index.h"

/* Objects in 1/TL_HEAP_ONE; estimates where the heap was sampled. Sums stop at SUM_MAX. */
struct heap_numbers {
	uint64_t live_objects, live_bytes, alloc_objects, alloc_bytes;
};

struct heap_row {
	const struct merged_stack *stack; /* without frames: of what is not known */
	struct heap_numbers n;
};

struct heap_profile {
	const struct image *const *images; /* by start */
	size_t image_count;
	struct heap_summary summary;
	struct symbolizer *sym;
	struct stack_index *stacks;
	struct heap_row *rows; /* largest first */
	size_t count, capacity;
	struct heap_numbers total;
	bool complete;
};

/* 0, or -1 on lack of memory; heap_profile_free() is right after either. */
int heap_profile_build(struct heap_profile *profile, const struct image *const *images,
		       size_t count, struct symbolizer *sym);
void heap_profile_free(struct heap_profile *profile);

void heap_numbers_add(struct heap_numbers *sum, const struct heap_numbers *more);

/* Most live bytes first, then most allocated ones; 0 if neither tells. */
int heap_numbers_compare(const struct heap_numbers *a, const struct heap_numbers *b);

#endif
