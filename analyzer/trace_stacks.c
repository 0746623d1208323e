/* SPDX-License-Identifier: MIT */
#include "trace_stacks.h"

#include <stdlib.h>

static void note(struct stack_fault *fault, uint32_t kind, size_t index, const char *what)
{
	if (!fault->what)
		*fault = (struct stack_fault){what, kind, index};
}

/* How many frames there are from each to the outermost one; callers come first. */
static void measure(struct image *image, uint16_t *lengths, struct stack_fault *fault)
{
	size_t i;

	for (i = 0; i < image->frame_count; i++) {
		struct tl_frame *frame = &image->frames[i];

		lengths[i] = 1;
		if (frame->caller == TL_NONE)
			continue;
		if (frame->caller >= i) {
			note(fault, TL_CHUNK_FRAME, i, "a frame whose caller comes after it");
			frame->caller = TL_NONE;
		} else if (lengths[frame->caller] == TL_MAX_DEPTH) {
			note(fault, TL_CHUNK_FRAME, i, "a stack without an end");
			frame->caller = TL_NONE;
		} else {
			lengths[i] = lengths[frame->caller] + 1;
		}
	}
}

/* However many frames came after it was read. */
static bool cannot_be(const struct image *image, uint32_t frame)
{
	return frame != TL_NONE && frame >= image->frame_count &&
	       frame >= image->header.file_capacity / sizeof(struct tl_frame);
}

static void check_stack(const struct image *image, size_t index, const uint16_t *lengths,
			struct stack_fault *fault)
{
	struct tl_stack *stack = &image->stacks[index];
	bool there = stack->frame < image->frame_count;
	uint16_t length = there ? lengths[stack->frame] : 0;

	if (stack->state == TL_SLOT_EMPTY)
		note(fault, TL_CHUNK_STACK, index, "a stack that is not whole");
	else if (cannot_be(image, stack->frame))
		note(fault, TL_CHUNK_STACK, index, "a stack whose frames are not there");
	else if ((there || stack->frame == TL_NONE) && length != stack->depth)
		note(fault, TL_CHUNK_STACK, index, "a stack of another depth than it says");
	stack->depth = length;
	if (!there)
		stack->frame = TL_NONE;
}

int trace_stacks_check(struct image *image, struct stack_fault *fault)
{
	uint16_t *lengths = calloc(image->frame_count + 1, sizeof(*lengths));
	size_t i;

	*fault = (struct stack_fault){0};
	if (!lengths)
		return -1;
	measure(image, lengths, fault);
	for (i = 0; i < image->stack_count; i++)
		check_stack(image, i, lengths, fault);
	free(lengths);
	return 0;
}
