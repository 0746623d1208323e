/* SPDX-License-Identifier: MIT */
/*
 * section.h - the one lock of the timer side.
 *
 * Rank 1 of 1 (the heap's locks will rank below). While it is held every signal is blocked by raw
 * rt_sigprocmask, so that a handler which re-arms a timer can never find the lock taken by the very
 * thread that it interrupted (timer_settime is async-signal-safe, man 7 signal-safety). Never held
 * across a real call, a callback, an unwind or a loader call. Waiting is a short spin, then futex.
 */
#ifndef TL_SECTION_H
#define TL_SECTION_H

#include "base.h"

struct tl_section {
	uint64_t mask; /* the thread's signal mask, to be put back */
	bool held;
	bool quiet; /* entered without system calls: nothing was masked */
};

struct tl_section tl_section_enter(void);
/* For what may be called with it held: then nothing is done here, nor by leaving. */
struct tl_section tl_section_enter_again(void);
/* At the end of the process: another thread may have been killed holding it. held tells. */
struct tl_section tl_section_enter_within(unsigned milliseconds);
void tl_section_leave(struct tl_section *section);

TL_EXTERN TL_TLS uint8_t tl_section_held; /* by this thread: for the next function alone */
static inline bool tl_section_mine(void)
{
	return tl_section_held;
}

/* Quiet: signals are not masked, and a handler may have jumped out of the holder (siglongjmp). That
 * was further down than `here`, a frame on the stack that the thread was born with: true, and this
 * thread holds it no more. What was being changed may be half done. */
bool tl_section_left_by_jump(uintptr_t here);
/* Somebody waited, quietly, for a holder that did not go on, and went on without it. */
TL_EXTERN uint32_t tl_section_given_up;

/* Child of a fork: other threads' holds are gone. Never unlocks what another process locked. */
void tl_section_forked(void);

/*
 * glibc's SIGEV_THREAD helper waits for signal 32, which it keeps blocked, and libunwind's lock
 * macros would unblock it there: the default action then kills the host. True on such a thread:
 * never unwind. Asked of the kernel once a thread.
 */
bool tl_section_no_unwind(void);

TL_EXTERN TL_TLS uint32_t tl_section_thread; /* 0: not asked yet; for the next functions alone */
uint32_t tl_section_ask_tid(void);
static inline uint32_t tl_section_tid(void) /* cached; 0 if it may not be asked (tl_sys_quiet) */
{
	return tl_likely(tl_section_thread) ? tl_section_thread : tl_section_ask_tid();
}
void tl_section_forget_thread(void); /* child: the cached facts are the parent's */

#endif
