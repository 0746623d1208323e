/* SPDX-License-Identifier: MIT */
/*
 * unwind.h - return addresses of the calling thread where the walk by rules does not suffice.
 *
 * By unwind_frames.h; where that does not know, by libunwind, if something that was loaded at the
 * start has it needed; else by frame pointers. Frames are not checked against modules here.
 * libunwind takes the loader's lock for a stack that it sees for the first time, so never call this
 * with the section held. Async-signal-safe. unwind_last.h is faster.
 */
#ifndef TL_UNWIND_H
#define TL_UNWIND_H

#include "unwind_peek.h"

/* undescribed: code was loaded that has no table of frame descriptions. Calls dlopen then, and
 * where there are no rules. */
void tl_unwind_init(bool undescribed);

/* How many, innermost first. Set in flags: TL_STACK_FP if frame pointers had to do, TL_STACK_LOST
 * if it is not known how it goes on. peek: what is known of this thread's stacks; NULL: nothing. */
unsigned tl_unwind(const struct tl_peek *peek, void **ips, unsigned most, uint16_t *flags);
/* The same for calls that are not async-signal-safe: libunwind without system calls. From the frame
 * that called begins with, where that will do: see tl_frames_walk. */
unsigned tl_unwind_plain(const struct tl_peek *peek, const struct tl_called *called, void **ips,
			 unsigned most, uint16_t *flags);
/* Such code was loaded later, when libunwind could not be opened any more: says so, once. */
void tl_unwind_note_undescribed(void);
/* libunwind alone; 0: it is not there, or must not be called now. */
unsigned tl_unwind_library(void **ips, unsigned most, bool plain);

/* The innermost frame of the calling thread whose instruction `inner` does not claim: its stack
 * pointer and what it and its callers have in registers that calls preserve. false: not known. */
struct tl_outer_frame {
	uintptr_t ip, sp;
	uintptr_t registers[6];
};
bool tl_unwind_outer(bool (*inner)(uintptr_t ip), struct tl_outer_frame *frame);

#endif
