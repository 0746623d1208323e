/* SPDX-License-Identifier: MIT */
/*
 * watch.h - timerfds that are polled: registrations in epoll sets, and reports of readiness.
 *
 * Which sets are open and what they hold is asked of the kernel at the end (audit.h); here only
 * what it cannot say is kept: that a timer was reported, and that the same thread went on waiting
 * without serving it. Async-signal-safe.
 */
#ifndef TL_WATCH_H
#define TL_WATCH_H

#include "fdmap.h"
#include "registry.h"
#include <sys/epoll.h>

TL_EXTERN uint64_t tl_watch_bits[TL_FD_BITS / 64]; /* for the next function alone */

/* May this epoll descriptor hold a tracked timerfd? A false answer is exact. */
static inline bool tl_watch_maybe(int epoll_fd)
{
	if (tl_unlikely((unsigned)epoll_fd >= TL_FD_BITS))
		return epoll_fd >= 0 && tl_load(&tl_fdmap_count);
	return tl_load(&tl_watch_bits[epoll_fd / 64]) >> (epoll_fd % 64) & 1;
}

/* The epoll set in which it was registered when that was last asked for; -1: none. */
static inline int tl_watch_set_of(const struct tl_timer *timer)
{
	if (!(tl_load(&timer->flags) & TL_F_REGISTERED))
		return -1;
	return tl_load(&tl_timer_more(timer)->epoll_fd);
}

void tl_watch_control(struct tl_ref timer, int epoll_fd, int operation, int fd, uint64_t data);
void tl_watch_wait(int epoll_fd); /* this thread is about to wait there */
void tl_watch_events(int epoll_fd, const struct epoll_event *events, int count);

void tl_watch_reported(struct tl_ref timer); /* readable, said poll, select or epoll_wait */

/* Before the end: marks timers whose reporter waited again without serving them. */
void tl_watch_settle(void);

/* The last descriptor of a registered timerfd goes: section held. */
void tl_watch_forget(const struct tl_timer *timer);

/* Descriptor fd of a timer that lives on through a dup: still registered under its number? */
void tl_watch_closing(struct tl_ref timer, int fd);

void tl_watch_forked(void);

#endif
