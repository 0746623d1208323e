/* SPDX-License-Identifier: MIT */
/*
 * stack_tree.h - the frames of the trace: stacks share the callers that they have in common.
 *
 * A frame is found by its caller and its place, so the same place in a library that was loaded
 * again is the same frame. An open hash table of indexes, whose keys are in the trace itself; it
 * doubles into a new mapping. Section held for every call.
 */
#ifndef TL_STACK_TREE_H
#define TL_STACK_TREE_H

#include "base.h"
#include "stack.h"

/* Index of the innermost frame, entered after its callers; TL_NONE: there is no room. */
uint32_t tl_stack_tree_enter(const struct tl_trace *trace);

void tl_stack_tree_reserve(void); /* some room, for when no more can be had */
void tl_stack_tree_forget(void);  /* child of a fork: its trace has no frame yet */

#endif
