/* SPDX-License-Identifier: MIT */
#include "stack_room.h"
#include "sys.h"
#include <signal.h>
#include <sys/syscall.h>

#define NEEDED 8192u

/* Of the stack that this thread runs on when it runs on none for signals: a part known to be there.
 * An alternate stack that lies inside it, in a frame of main's, is taken for the rest of it. */
static TL_TLS uintptr_t low, high;

/* false: not on a stack for signals. */
static bool on_signal_stack(uintptr_t here, bool *room)
{
	stack_t stack;

	if (tl_syscall(SYS_sigaltstack, 0, (long)&stack, 0, 0, 0, 0) != 0 ||
	    !(stack.ss_flags & SS_ONSTACK))
		return false;
	*room = here - (uintptr_t)stack.ss_sp >= NEEDED;
	return true;
}

static void remember(uintptr_t here)
{
	if (here - NEEDED > high || here < low) {
		high = here;
		low = here - NEEDED;
		return;
	}
	high = here > high ? here : high;
	low = here - NEEDED < low ? here - NEEDED : low;
}

static TL_COLD bool look(uintptr_t here)
{
	bool room;

	if (on_signal_stack(here, &room))
		return room;
	if (!tl_sys_readable((const void *)(here - NEEDED), 8)) /* the guard page */
		return false;
	remember(here);
	return true;
}

bool tl_stack_has_room(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return tl_likely(here <= high && here - NEEDED >= low) || look(here);
}
