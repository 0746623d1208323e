/* SPDX-License-Identifier: MIT */
/*
 * trace_stacks.h - makes sure of the stacks of an image: that their frames lead outwards and end.
 */
#ifndef ANALYZER_TRACE_STACKS_H
#define ANALYZER_TRACE_STACKS_H

#include "model.h"

/* The first thing that is wrong. */
struct stack_fault {
	const char *what; /* NULL: nothing is */
	uint32_t kind;	  /* TL_CHUNK_FRAME or TL_CHUNK_STACK */
	size_t index;
};

/*
 * After it a frame's caller is a smaller index or TL_NONE, no chain is longer than TL_MAX_DEPTH,
 * and a stack's depth is the length of its chain: what is wrong is cut off. In a trace that was
 * being written a stack may name a frame that came after its chunk was read; that is no fault, and
 * it is then without frames. Its header does not tell: other threads go on while one of them ends
 * the process. 0, or -1 on lack of memory.
 */
int trace_stacks_check(struct image *image, struct stack_fault *fault);

#endif
