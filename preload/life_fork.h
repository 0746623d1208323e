/* SPDX-License-Identifier: MIT */
/*
 * life_fork.h - forks, seen or unseen.
 *
 * fork() runs our atfork handlers; _Fork, raw clone and raw fork run none. A word in a page that
 * the kernel wipes in the child (man 2 madvise, MADV_WIPEONFORK) tells: zero in a real child,
 * intact in a vfork child, which runs in its parent's memory and must touch nothing.
 */
#ifndef TL_LIFE_FORK_H
#define TL_LIFE_FORK_H

#include "base.h"

TL_EXTERN uint32_t tl_fork_shares; /* the program has made children that run in our memory */
TL_EXTERN uint32_t *tl_fork_alive; /* points to 1; to 0 in a child that nothing told us of */

/* Ours must be the first handlers. The libraries of a program are constructed before a preload is,
 * so __register_atfork is hooked; this works before anything else has been initialised. */
void tl_fork_register(void);
void tl_fork_init(void);
void tl_fork_discover(void);		   /* start anew in that child */
TL_EXTERN TL_TLS bool tl_fork_daemonizing; /* this thread is inside daemon(3) */

static inline void tl_fork_check(void)
{
	if (tl_unlikely(!tl_load(tl_fork_alive)))
		tl_fork_discover();
}

#endif
