/* SPDX-License-Identifier: MIT */
/*
 * heap_caller.h - who allocated or freed: what is left of a stack without the frames of allocators
 * at its inner end (malloc, operator new, the containers that call them).
 */
#ifndef ANALYZER_HEAP_CALLER_H
#define ANALYZER_HEAP_CALLER_H

#include "stack_index.h"

/* A part of `stack`, sharing its frames; all of it if nothing else would be left. */
struct merged_stack heap_caller(const struct merged_stack *stack);

/* The innermost frame of that; NULL if the stack is not known. */
const struct frame *heap_caller_frame(const struct merged_stack *stack);

/* The same place as a person reads it: 0; else an order over all frames, NULL first. */
int heap_frame_compare(const struct frame *a, const struct frame *b);

#endif
