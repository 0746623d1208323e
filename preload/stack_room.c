/* SPDX-License-Identifier: MIT */
#include "stack_room.h"
#include "sys.h"

#define WALK_MAX ((uintptr_t)256 << 10) /* looked at in one go, a page at a time */

extern void *__libc_stack_end __attribute__((weak));

/*
 * Of the stack that this thread was born with: a part known to be there without a gap. Only that is
 * remembered: it stays for the thread's life, which no other stack need do.
 */
TL_TLS uintptr_t tl_stack_low, tl_stack_high;
/* The thread's alternate stack, which may be a part of that. */
TL_TLS uintptr_t tl_stack_signal_low, tl_stack_signal_size;

void tl_stack_signal_range(const void *start, size_t size)
{
	tl_stack_signal_low = (uintptr_t)start;
	tl_stack_signal_size = size;
}

void tl_stack_get_signal_range(const void **start, size_t *size)
{
	*start = (const void *)tl_stack_signal_low;
	*size = tl_stack_signal_size;
}

/* Where the thread's stack begins: libc puts what belongs to the thread on top of it; main's is
 * below what the kernel put there. */
static uintptr_t top_of_own(uintptr_t here)
{
	uintptr_t ends[] = {(uintptr_t)__builtin_thread_pointer(),
			    &__libc_stack_end ? (uintptr_t)__libc_stack_end : 0};

	for (size_t i = 0; i < TL_ARRAY_LEN(ends); i++)
		if (here < ends[i] && ends[i] - here < WALK_MAX)
			return ends[i];
	return 0;
}

/* Where nobody can be asked: only of main's stack is it known that it goes on. */
static bool blind(uintptr_t here)
{
	uintptr_t main_end = &__libc_stack_end ? (uintptr_t)__libc_stack_end : 0;

	return here < main_end && main_end - here < WALK_MAX;
}

/* Valgrind maps main's stack when it is touched. */
static bool is_mapped(uintptr_t here, uintptr_t to, uintptr_t from)
{
	return (tl_sys_in_valgrind() && blind(here)) ||
	       tl_sys_readable((const void *)to, from - to);
}

/* Down to what is needed, from what is known or from the top: no gap on the way, so that it is one
 * stack. */
static bool extend(uintptr_t here)
{
	uintptr_t to = here - TL_STACK_NEEDED,
		  from = tl_stack_low && here <= tl_stack_high ? tl_stack_low : top_of_own(here);

	if (!from || from <= to || from - to > WALK_MAX || !is_mapped(here, to, from))
		return false;
	if (!tl_stack_low)
		tl_stack_high = from;
	tl_stack_low = to;
	return true;
}

static TL_COLD bool look(uintptr_t here)
{
	if (tl_load(&tl_sys_quiet))
		return blind(here);
	return extend(here) ||
	       tl_sys_readable((const void *)(here - TL_STACK_NEEDED), TL_STACK_NEEDED);
}

bool tl_stack_has_room(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (tl_unlikely(here - tl_stack_signal_low < tl_stack_signal_size))
		return here - tl_stack_signal_low >= TL_STACK_NEEDED;
	return tl_likely(here <= tl_stack_high && here - TL_STACK_NEEDED >= tl_stack_low) ||
	       look(here);
}

void tl_stack_known(struct tl_peek *peek)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	peek->known[0].start = tl_stack_low;
	peek->known[0].size = tl_stack_high - tl_stack_low;
	if (here - tl_stack_signal_low >= tl_stack_signal_size)
		return;
	peek->known[1].start = here;
	peek->known[1].size = (tl_stack_signal_low + tl_stack_signal_size - here) & ~(uintptr_t)7;
}
