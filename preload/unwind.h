/* SPDX-License-Identifier: MIT */
/*
 * unwind.h - return addresses of the calling thread, by unw_backtrace.
 *
 * 6 ns a frame once warm, no lock and no system call; a stack seen for the first time takes the
 * loader's lock, so never call it with the section held. Frames are not checked against modules
 * here. unwind_last.h is faster, gives the same, and does not always know.
 */
#ifndef TL_UNWIND_H
#define TL_UNWIND_H

#include "base.h"

void tl_unwind_init(void); /* opens libunwind; calls dlopen */

/* How many, innermost first; TL_STACK_FP is set in flags if frame pointers had to do. */
unsigned tl_unwind(void **ips, unsigned most, uint16_t *flags);
/* The same for calls that are not async-signal-safe: without system calls once a stack is known. */
unsigned tl_unwind_plain(void **ips, unsigned most, uint16_t *flags);

/* The innermost frame of the calling thread whose instruction `inner` does not claim: its stack
 * pointer and what it and its callers have in registers that calls preserve. false: not known. */
struct tl_outer_frame {
	uintptr_t ip, sp;
	uintptr_t registers[6];
};
bool tl_unwind_outer(bool (*inner)(uintptr_t ip), struct tl_outer_frame *frame);

#endif
