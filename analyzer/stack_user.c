/* SPDX-License-Identifier: MIT */
#include "stack_user.h"

bool stack_has_user_frame(const struct merged_stack *stack)
{
	const struct frame *caller = stack_caller(stack);

	return caller && frame_is_user(caller);
}

const struct frame *stack_caller(const struct merged_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (frame_is_user(stack->frames[i]))
			return stack->frames[i];
	return stack->count ? stack->frames[0] : NULL;
}
