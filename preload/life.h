/* SPDX-License-Identifier: MIT */
/*
 * life.h - beginning, forks and end of the process image.
 *
 * tl_life_enter is the first call of every slow path: it initialises at need (hooks run before our
 * constructor has), and notices a fork that no atfork handler saw. All of it is async-signal-safe
 * once initialised.
 */
#ifndef TL_LIFE_H
#define TL_LIFE_H

#include "base.h"
#include "life_fork.h"
#include "sys.h"
#include "tl_format.h"

/* For the functions below alone. */
enum tl_life_state { TL_LIFE_FRESH, TL_LIFE_READY, TL_LIFE_OFF };
TL_EXTERN uint32_t tl_life_state;
bool tl_life_begin(void);
bool tl_life_enter_quietly(void);
static inline bool tl_life_goes_on(void)
{
	if (tl_unlikely(tl_load(&tl_sys_quiet)))
		return tl_life_enter_quietly();
	tl_fork_check();
	return true;
}

/* false: the shim is off, pass the call through. */
static inline bool tl_life_enter(void)
{
	return tl_likely(tl_load_acquire(&tl_life_state) == TL_LIFE_READY) ? tl_life_goes_on()
									   : tl_life_begin();
}

/* The same without initialising: what the loader itself calls must not call the loader. */
static inline bool tl_life_running(void)
{
	return tl_likely(tl_load_acquire(&tl_life_state) == TL_LIFE_READY) && tl_life_goes_on();
}

bool tl_life_quiet(void); /* no system calls of our own any more (seccomp) */
void tl_life_go_quiet(bool quiet);
void tl_life_off(void);		/* for good: every call passes through */
bool tl_life_vfork_child(void); /* somebody else's memory: touch nothing */

void tl_life_note_unshare(void);
/* This thread has a descriptor table that is not /proc/self/fd: its numbers mean other files. */
TL_EXTERN TL_TLS bool tl_life_own_files;
void tl_life_forked(void); /* in the child, first of all */

void tl_life_exec_begin(void);
void tl_life_exec_failed(void);
int tl_life_end(enum tl_end_state how, int status); /* once; the status to end with */
void tl_life_quick_status(int status);
void tl_life_child_killed(int pid, int signo); /* reaped by this process */

#endif
