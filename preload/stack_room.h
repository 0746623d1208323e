/* SPDX-License-Identifier: MIT */
/*
 * stack_room.h - whether there is stack enough to unwind on.
 *
 * libunwind's cursor, context and state take 5.6 KiB (measured, 1.6.2). A handler's alternate stack
 * may have less left than that and no guard page below it, and so may a thread of
 * PTHREAD_STACK_MIN, or a coroutine: where the host's own calls fit, ours must. Async-signal-safe.
 */
#ifndef TL_STACK_ROOM_H
#define TL_STACK_ROOM_H

#include "unwind_peek.h"

#define TL_STACK_NEEDED ((uintptr_t)8192)

/* What is known of this thread's stacks: for the functions below alone. */
TL_EXTERN TL_TLS uintptr_t tl_stack_low, tl_stack_high, tl_stack_signal_low, tl_stack_signal_size;

bool tl_stack_has_room(void);
/* Where the stack that this thread was born with ends, if it runs on that and this is known, and
 * has room; from here to there all is mapped, for as long as the thread lives. Else 0. */
static inline uintptr_t tl_stack_top(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return tl_likely(here - TL_STACK_NEEDED >= tl_stack_low && here < tl_stack_high &&
			 here - tl_stack_signal_low >= tl_stack_signal_size)
		   ? tl_stack_high
		   : 0;
}

/* What may be read of this thread's own stack, and of that of its handlers where it is on that. */
void tl_stack_known(struct tl_peek *peek);

/* A variable of a caller's of ours, on the stack that this thread was born with, as far as that is
 * known from earlier questions. Never true on another stack. */
static inline bool tl_stack_is_callers(uintptr_t address)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (here - tl_stack_signal_low < tl_stack_signal_size)
		return false;
	return here >= tl_stack_low && here <= tl_stack_high && address > here &&
	       address <= tl_stack_high;
}

/* This thread's alternate stack, as the hook of sigaltstack has seen it; size 0: none. The kernel
 * is not asked: it denies a stack with SS_AUTODISARM while a handler runs on it, and a sandbox may
 * kill for the question. */
void tl_stack_signal_range(const void *start, size_t size);
void tl_stack_get_signal_range(const void **start, size_t *size);

#endif
