/* SPDX-License-Identifier: MIT */
/*
 * stack_index.h - stacks of any record, over all images: those of the same frames (as build-id +
 * offset; the path where there is no build-id) are one, and it is symbolized once.
 *
 * Owns its stacks; their frames belong to the symbolizer, which must outlive it.
 */
#ifndef ANALYZER_STACK_INDEX_H
#define ANALYZER_STACK_INDEX_H

#include "model.h"
#include "symbolize.h"

struct merged_stack {
	const struct frame *const *frames; /* inlined ones expanded, innermost first */
	size_t count;			   /* 0: it is not known */
	uint32_t flags;			   /* TL_STACK_* */
	size_t ordinal;			   /* of first appearance, from 0 */
};

struct stack_index;

/* NULL on lack of memory. */
struct stack_index *stack_index_new(struct symbolizer *sym);
void stack_index_free(struct stack_index *index);

/* Makes the image the current one, to which the look-ups refer. 0, or -1 on lack of memory. */
int stack_index_begin(struct stack_index *index, const struct image *image);

/* The stack of that number; one without frames where the number is bad. NULL on lack of memory. */
const struct merged_stack *stack_index_get(struct stack_index *index, uint32_t stack);

/* Symbolizer handle of a module of the current image, -1 if there is no such module. */
int stack_index_module(const struct stack_index *index, uint32_t module);

/* A module as the symbolizer wants it. */
struct symbolizer_module symbolizer_module_of(const struct tl_module *module);

size_t stack_index_count(const struct stack_index *index);

#endif
