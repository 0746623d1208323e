/* SPDX-License-Identifier: MIT */
/*
 * heap_stacks.h - heap=full: from the calling thread's stack to its counters, without a lock where
 * the stack is known.
 */
#ifndef TL_HEAP_STACKS_H
#define TL_HEAP_STACKS_H

#include "base.h"

/* Index of a tl_heap_stack; TL_NONE: no trace. Never with the section held. */
uint32_t tl_heap_stacks_here(void *caller);
uint32_t tl_heap_stacks_nameless(void);

void tl_heap_stacks_forked(void);

#endif
