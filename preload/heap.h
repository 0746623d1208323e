/* SPDX-License-Identifier: MIT */
/*
 * heap.h - the heap side as a whole: whether it records, and the few instructions that every
 * allocation pays for.
 *
 * From the very first allocation on, which the loader makes, blocks are entered into the map
 * (heap_map.h), since a block that is not known could hide who holds a timer. Which of them are
 * counted (heap_count.h) is known once the options are. It switches itself off, with a note, where
 * the host's allocations do not come by here (malloc of the executable's own, Valgrind) or where
 * somebody else watches them (sanitizers): every call then goes straight to the allocator.
 */
#ifndef TL_HEAP_H
#define TL_HEAP_H

#include "heap_map.h"

/* Bytes that this thread is still given unsampled; a block of more than that is a sample. */
TL_EXTERN TL_TLS uint64_t tl_heap_gap;

/* The first allocation: finds the allocator. false: not possible now, see hooks_alloc.c. */
bool tl_heap_first(void);

/* Options and modules are known: says what is recorded, or switches the heap off with a note. */
void tl_heap_init(void);
bool tl_heap_on(void);
/* malloc, realloc and free of the program are ours: looked at once, in tl_heap_init. */
bool tl_heap_in_front(void);
void tl_heap_off(void); /* for good */

/* After mlockall, which filled every mapping with memory: ours are touched here and there, and give
 * back the rest. future: so does what is mapped from now on. */
void tl_heap_unlock(bool future);

void tl_heap_forked(void); /* in the child: blocks stay known, the parent's counts are not ours */

#endif
