/* SPDX-License-Identifier: MIT */
/*
 * unwind_last.h - walks that remember the frames of earlier ones.
 *
 * A step depends on the frame's return address and stack pointer, on its frame pointer where that
 * is used before it is read back from the stack, and on the one or two words of the stack that its
 * rule reads. So where a walk comes to the state of a remembered frame, and all words that were
 * read outside of it are what they were, the rest is the same; to compare them takes a fifth of
 * what walking does. What changes is mostly the innermost frames, time and again: to walk through
 * those is cheaper than to remember them.
 *
 * Async-signal-safe: a handler that finds its thread in here walks without memory.
 */
#ifndef TL_UNWIND_LAST_H
#define TL_UNWIND_LAST_H

#include "base.h"

struct tl_walked {
	unsigned depth; /* 0: only unw_backtrace knows */
	bool cut;	/* there are frames outside of these */
	uint64_t sum;	/* of their return addresses: unwind_sum.h */
};

/* From the frame that a hook was called from; top: the end of this thread's stack. The return
 * addresses go to ips, innermost first, unless that is NULL. */
struct tl_walked tl_walk_stack(uintptr_t top, const struct tl_called *called, void **ips,
			       unsigned most);

#endif
