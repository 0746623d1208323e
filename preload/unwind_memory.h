/* SPDX-License-Identifier: MIT */
/*
 * unwind_memory.h - a block of memory for each thread that walks: part of unwind_last.h.
 *
 * It belongs to a thread pointer, and so to whatever thread comes to have it next: nothing in it is
 * to be believed without being compared. So no thread need give it back, and none is told of its
 * end. Async-signal-safe.
 */
#ifndef TL_UNWIND_MEMORY_H
#define TL_UNWIND_MEMORY_H

#include "base.h"

/* This thread's, of that size, always the same. Zeroes, or what the thread before left, who may
 * have died in the middle; but its first word, a uintptr_t that says who is in there, is 0. It is
 * all bits set for good in the block of all threads for which there is none. NULL: no memory. */
void *tl_walk_claim(size_t size);

void tl_walk_unlock(void); /* mlockall: what no thread uses is given back */
void tl_walk_forked(void);

#endif
