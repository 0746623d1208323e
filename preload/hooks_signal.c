/* SPDX-License-Identifier: MIT */
/*
 * Alternate stacks for signals are small and have no guard page: stack_room.h must know of them.
 */
#include "hooks.h"
#include "stack_room.h"
#include <signal.h>

TL_EXPORT int sigaltstack(const stack_t *stack, stack_t *old)
{
	const void *start;
	size_t size;
	int result;

	if (TL_ABSENT(sigaltstack))
		return tl_hook_absent();
	if (!stack || !tl_life_enter() || tl_life_vfork_child())
		return tl_real_sigaltstack(stack, old);
	tl_stack_get_signal_range(&start, &size);
	/* Before: a signal may come between. */
	tl_stack_signal_range(stack->ss_sp, stack->ss_flags & SS_DISABLE ? 0 : stack->ss_size);
	result = tl_real_sigaltstack(stack, old);
	if (result)
		tl_stack_signal_range(start, size);
	return result;
}
