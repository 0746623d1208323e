/* SPDX-License-Identifier: MIT */
/*
 * Alternate stacks for signals are small and have no guard page: stack_room.h must know of them.
 *
 * Sanitizers call this while they begin, when nothing of theirs may be called: so the kernel is
 * asked at once, without an initialisation of ours. libc's function does no more than that.
 */
#include "hooks.h"
#include "stack_room.h"
#include "sys.h"
#include <signal.h>
#include <sys/syscall.h>

TL_EXPORT int sigaltstack(const stack_t *stack, stack_t *old)
{
	const void *start;
	size_t size;
	long result;

	tl_stack_get_signal_range(&start, &size);
	/* Before the call: a signal may come between. */
	if (stack)
		tl_stack_signal_range(stack->ss_sp,
				      stack->ss_flags & SS_DISABLE ? 0 : stack->ss_size);
	result = tl_syscall(SYS_sigaltstack, (long)stack, (long)old, 0, 0, 0, 0);
	if (result == 0)
		return 0;
	tl_stack_signal_range(start, size);
	errno = (int)-result;
	return -1;
}
