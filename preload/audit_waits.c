/* SPDX-License-Identifier: MIT */
/*
 * Which timers the other threads wait for, from the system calls that they are blocked in.
 *
 * Proof is a call that would return the timer's expiry: a read of it, a poll, select or epoll_wait
 * that covers it (through sets in sets and signalfds too), a sigwait for its signal. pause and
 * sigsuspend prove nothing: they return for any signal, or for none.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "sink.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#define MAX_DEPTH 5 /* of epoll sets in each other: the kernel's own limit */
#define MAX_POLL  65536

static void mark_blocked(struct tl_audit_mark *mark, uint32_t tid)
{
	mark->facts |= TL_FACT_BLOCKED_ON;
	mark->service_tid = tid;
}

/* An expired one-shot sends nothing any more, whoever waits for signals of its number. */
static bool is_spent(const struct tl_audit *a, const struct tl_timer *t)
{
	if (t->arms == 0)
		return false;
	if (tl_load(&t->flags) & TL_F_DISARMED)
		return true;
	return t->interval == 0 && t->first_expiry != 0 && t->first_expiry <= a->now;
}

static void wait_for_signals(struct tl_audit *a, uint64_t signals, uint32_t tid)
{
	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark;
		const struct tl_timer *t = tl_audit_slot(a, i, TL_POSIX, &mark);
		bool mine =
		    t && (t->notify == TL_NOTIFY_SIGNAL || (t->notify == TL_NOTIFY_THREAD_ID &&
							    tl_timer_more(t)->target_tid == tid));

		if (mine && !is_spent(a, t) && t->signo >= 1 && t->signo <= 64 &&
		    signals >> (t->signo - 1) & 1)
			mark_blocked(mark, tid);
	}
}

static const struct tl_audit_fd *find_fd(const struct tl_audit *a, int fd)
{
	const struct tl_audit_fd *items = a->fds.items;

	for (size_t i = 0; i < a->fds.used; i++)
		if (items[i].fd == fd)
			return &items[i];
	return NULL;
}

/* Its expiry was reported, and whoever took the report went on waiting without a read: an
 * edge-triggered registration is silent from then on. */
static bool reported_in_vain(int fd, const struct tl_audit_mark *mark)
{
	const struct tl_timer *t = tl_sink_timer(tl_fdmap_slot(fd));

	return t && mark->facts & TL_FACT_TICKS && tl_load(&t->flags) & TL_F_EPOLL_UNSERVED;
}

static void wait_for_fd(struct tl_audit *a, int fd, uint32_t tid, int depth)
{
	struct tl_audit_mark *mark = tl_audit_fd_mark(a, fd);
	const struct tl_audit_reg *regs = a->regs.items;
	const struct tl_audit_fd *item;

	if (mark) {
		if (depth == 0 || !reported_in_vain(fd, mark))
			mark_blocked(mark, tid);
		return;
	}
	item = find_fd(a, fd);
	if (item && item->kind == TL_AUDIT_SIGNALFD)
		wait_for_signals(a, item->signals, tid);
	if (!item || item->kind != TL_AUDIT_EPOLL || depth == MAX_DEPTH)
		return;
	for (size_t i = 0; i < a->regs.used; i++)
		if (regs[i].epfd == fd && regs[i].events & (EPOLLIN | EPOLLRDNORM))
			wait_for_fd(a, regs[i].tfd, tid, depth + 1);
}

static void wait_in_poll(struct tl_audit *a, uint64_t fds, uint64_t n, uint32_t tid)
{
	const size_t room = sizeof(a->bytes) / sizeof(struct pollfd);
	struct pollfd *some = (struct pollfd *)a->bytes;

	if (n > MAX_POLL)
		n = MAX_POLL;
	while (n > 0) {
		size_t count = n < room ? n : room;

		if (!tl_audit_peek(a, fds, some, count * sizeof(*some)))
			return;
		for (size_t i = 0; i < count; i++)
			if (some[i].fd >= 0 && some[i].events & (POLLIN | POLLRDNORM))
				wait_for_fd(a, some[i].fd, tid, 0);
		fds += count * sizeof(*some);
		n -= count;
	}
}

/* The kernel rewrites the set only when it returns. */
static void wait_in_select(struct tl_audit *a, uint64_t n, uint64_t set, uint32_t tid)
{
	unsigned long *words = (unsigned long *)a->bytes;
	const size_t bits = 8 * sizeof(*words);

	if (n > 8 * sizeof(a->bytes))
		n = 8 * sizeof(a->bytes);
	if (set == 0 || (int)n <= 0 || !tl_audit_peek(a, set, words, (n + bits - 1) / bits * 8))
		return;
	for (size_t fd = 0; fd < n; fd++)
		if (words[fd / bits] >> fd % bits & 1)
			wait_for_fd(a, (int)fd, tid, 0);
}

static void wait_in_sigwait(struct tl_audit *a, uint64_t set, uint32_t tid)
{
	uint64_t signals;

	if (set != 0 && tl_audit_peek(a, set, &signals, sizeof(signals)))
		wait_for_signals(a, signals, tid);
}

static void take_task(struct tl_audit *a, const struct tl_task *task)
{
	switch (task->nr) {
	case SYS_read:
	case SYS_readv:
	case SYS_preadv2:
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
#endif
	case SYS_epoll_pwait:
#ifdef SYS_epoll_pwait2
	case SYS_epoll_pwait2:
#endif
		wait_for_fd(a, (int)task->args[0], task->tid, 0);
		break;
#ifdef SYS_poll
	case SYS_poll:
#endif
	case SYS_ppoll:
		wait_in_poll(a, task->args[0], task->args[1], task->tid);
		break;
#ifdef SYS_select
	case SYS_select:
#endif
	case SYS_pselect6:
		wait_in_select(a, task->args[0], task->args[1], task->tid);
		break;
	case SYS_rt_sigtimedwait:
		wait_in_sigwait(a, task->args[0], task->tid);
		break;
	}
}

void tl_audit_waits(struct tl_audit *a)
{
	const struct tl_task *tasks = a->tasks.items;

	for (size_t i = 0; i < a->tasks.used && a->live > 0; i++)
		if (tasks[i].state == TL_TASK_SYSCALL)
			take_task(a, &tasks[i]);
}
