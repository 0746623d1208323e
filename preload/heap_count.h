/* SPDX-License-Identifier: MIT */
/*
 * heap_count.h - allocated and live bytes by stack.
 *
 * heap=sampled: blocks that a sample point falls into (heap_random.h) are entered into a table
 * (heap_samples.h), with the weight that they were counted with. heap=full: every block has the
 * number of its stack's counters in a second shadow, four bytes for 16 bytes of address space.
 * Counters are slots of the trace (tl_heap_stack), changed in place.
 *
 * The section is taken for stacks that are new alone. Never called with the section held. errno is
 * the caller's to keep.
 */
#ifndef TL_HEAP_COUNT_H
#define TL_HEAP_COUNT_H

#include "heap_samples.h"

/* Before that, tl_count_block only puts off. `sample`: mean bytes between sample points. False:
 * sampled, since full was not asked for or had no memory. */
bool tl_count_begin(bool full, uint64_t sample);

/* This block has more bytes than tl_heap_gap, which is made anew. */
void tl_count_block(void *p, size_t size, const struct tl_called *called);
/* The allocator had none of more bytes than tl_heap_gap. */
void tl_count_refused(void);
/* A block with TL_MAP_COUNTED is about to be freed. */
void tl_count_end(void *p);

/* The same around realloc, which may fail: out of the tables, then either gone or put back. */
void tl_count_detach(uintptr_t start, struct tl_counted *counted);
void tl_count_attach(uintptr_t start, const struct tl_counted *counted);
void tl_count_drop(const struct tl_counted *counted);

/* Where a live block was allocated: index of its tl_heap_stack, TL_NONE if not known; how many
 * objects (in 1/TL_HEAP_ONE) and bytes it stands for. Section held, or a child of this process. */
uint32_t tl_count_find(uintptr_t start, size_t size, uint64_t *objects, uint64_t *bytes);

void tl_count_seed(uint64_t seed); /* of the calling thread, for tests */
void tl_count_forked(void);

#endif
