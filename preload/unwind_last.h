/* SPDX-License-Identifier: MIT */
/*
 * unwind_last.h - the thread's last trace, of which most is true of the next.
 *
 * A step depends on the frame's return address, stack pointer and frame pointer, and on the one or
 * two words of the stack that its rule reads. So where a walk comes to the state of a remembered
 * frame, and all words that were read outside of it are what they were, the rest is the same; to
 * compare them takes a fifth of what walking does.
 *
 * Async-signal-safe: a handler that finds its thread in here walks without memory.
 */
#ifndef TL_UNWIND_LAST_H
#define TL_UNWIND_LAST_H

#include "base.h"

struct tl_walked {
	unsigned depth; /* 0: only unw_backtrace knows */
	bool cut;	/* there are frames outside of these */
	uint64_t sum;	/* of what is in ips: unwind_sum.h */
};

/* From the frame that caller returns to, innermost first; top: the end of this thread's stack. */
struct tl_walked tl_walk_stack(uintptr_t top, const void *caller, void **ips, unsigned most);

void tl_walk_forked(void);

#endif
