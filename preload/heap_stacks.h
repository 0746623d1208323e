/* SPDX-License-Identifier: MIT */
/*
 * heap_stacks.h - heap=full: from the calling thread's stack to its counters, without a lock where
 * the stack is known.
 *
 * Counters are changed by every allocation: with heap=full threads have slots of their own, SHARDS
 * of them for a stack, so that they do not meet in a cache line. Who reads adds up the slots that
 * name the same stack. For samples, which are rare, one does.
 */
#ifndef TL_HEAP_STACKS_H
#define TL_HEAP_STACKS_H

#include "base.h"

/* Index of a tl_heap_stack; TL_NONE: no trace. Never with the section held. */
uint32_t tl_heap_stacks_here(const struct tl_called *called, bool sharded);
uint32_t tl_heap_stacks_nameless(void);

void tl_heap_stacks_forked(void);

#endif
