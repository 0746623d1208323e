/* SPDX-License-Identifier: MIT */
#include "trace_read_1.h"
#include "util_pool.h"

#include <string.h>

/* Whatever they are, a stack takes at least two words and each of its frames two. */
int trace_read_1_make_room(struct image *image, uint64_t words)
{
	if (!words)
		return 0;
	image->stacks = array_zeroed(words / 2 + 1, sizeof(struct tl_stack));
	image->frames = array_zeroed(words / 2 + 1, sizeof(struct tl_frame));
	return image->stacks && image->frames ? 0 : -1;
}

static uint32_t add_frame(struct image *image, const uint8_t *data, uint32_t caller)
{
	struct tl_frame_1 frame;

	memcpy(&frame, data, sizeof(frame));
	image->frames[image->frame_count] = (struct tl_frame){
	    .at = tl_frame_at(frame.module, frame.offset), .caller = caller, .stack = TL_NONE};
	return (uint32_t)image->frame_count++;
}

/* Outermost first: a caller comes before what it calls. */
static void add_stack(struct image *image, const struct tl_stack_1 *head, const uint8_t *frames)
{
	struct tl_stack *stack = &image->stacks[image->stack_count++];
	uint32_t frame = TL_NONE;
	size_t i;

	for (i = head->depth; i-- > 0;)
		frame = add_frame(image, frames + i * sizeof(struct tl_frame_1), frame);
	*stack = (struct tl_stack){
	    .state = TL_SLOT_LIVE, .depth = head->depth, .flags = head->flags, .frame = frame};
}

uint64_t trace_read_1_stacks(struct image *image, const uint8_t *data, uint64_t size)
{
	uint64_t at = 0, length;
	struct tl_stack_1 head;

	while (size - at >= sizeof(head)) {
		memcpy(&head, data + at, sizeof(head));
		length = sizeof(head) + (uint64_t)head.depth * sizeof(struct tl_frame_1);
		if (head.state == TL_SLOT_EMPTY || head.depth > TL_MAX_DEPTH || length > size - at)
			break;
		add_stack(image, &head, data + at + sizeof(head));
		at += length;
	}
	return at;
}
