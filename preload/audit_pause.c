/* SPDX-License-Identifier: MIT */
/*
 * The host's timers stand still while we look and report.
 *
 * Without us the process would be gone in microseconds; a report takes a tenth of a second and
 * more. What fires meanwhile would kill a host that has the default action for it (SIGALRM), or run
 * its handler or SIGEV_THREAD callback on objects that are destroyed already (measured: all three).
 * So what is armed is disarmed for good, by the kernel's own ids: the process is at its end, and
 * what stays allocated is still there to be seen. An interval timer goes on afterwards: it may
 * guard the last flush of stdio.
 */
#include "audit.h"
#include "audit_state.h"
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static struct itimerval paused[3]; /* by ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */

static void pause_intervals(void)
{
	const struct itimerval none = {0};

	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
		if (tl_syscall(SYS_setitimer, which, (long)&none, (long)&paused[which], 0, 0, 0))
			paused[which] = none;
}

static bool runs(const struct itimerval *timer)
{
	return timer->it_value.tv_sec || timer->it_value.tv_usec;
}

void tl_audit_resume(void)
{
	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
		if (runs(&paused[which]))
			tl_syscall(SYS_setitimer, which, (long)&paused[which], 0, 0, 0, 0);
}

/* What it was set to when it was stopped is better than the hooks' estimate; but of one that
 * notifies nobody the kernel shows what was left even after it was disarmed (6.18). */
static void note(struct tl_audit *a, uint32_t slot, const struct itimerspec *was)
{
	struct tl_audit_mark *mark;
	const struct tl_timer *t = tl_audit_slot(a, slot, TL_POSIX, &mark);

	if (!t || mark->facts & TL_FACT_ASKED || (t->notify == TL_NOTIFY_NONE && t->arms > 0))
		return;
	mark->facts |= TL_FACT_ASKED;
	if (was->it_value.tv_sec || was->it_value.tv_nsec)
		mark->facts |= TL_FACT_ARMED;
}

/* Without a signal it need not be stopped. */
static void ask(struct tl_audit *a, uint64_t id, uint32_t slot)
{
	struct itimerspec is = {0};

	if (!a->filtered && tl_syscall(SYS_timer_gettime, (long)id, (long)&is, 0, 0, 0, 0) == 0)
		note(a, slot, &is);
}

static void disarm(struct tl_audit *a, uint64_t id, uint32_t slot)
{
	const struct itimerspec none = {0};
	struct itimerspec was = {0};

	if (tl_syscall(SYS_timer_settime, (long)id, 0, (long)&none, (long)&was, 0, 0) == 0)
		note(a, slot, &was);
}

/* Where the kernel does not list them; what SIGEV_THREAD and old glibc's ids are is not known. */
static void disarm_tracked(struct tl_audit *a, uint64_t spare)
{
	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark;
		const struct tl_timer *t = tl_audit_slot(a, i, TL_POSIX, &mark);

		if (t && t->notify != TL_NOTIFY_THREAD && t->id <= INT32_MAX && t->signo >= 1 &&
		    t->signo <= 64 && !(spare >> (t->signo - 1) & 1))
			disarm(a, t->id, i);
	}
}

/* "signal: 34/00007f0c..." */
static void take_signal(struct tl_audit *a, uint64_t id, const char *s, uint64_t spare)
{
	uint64_t signal, pointer = 0;
	uint32_t slot;

	if (!tl_parse_u64(&s, 10, &signal) || signal > 64)
		return;
	if (*s++ == '/')
		tl_parse_u64(&s, 16, &pointer);
	slot = tl_audit_posix_slot(id, signal, pointer);
	if (signal == 0)
		ask(a, id, slot);
	else if (!(spare >> (signal - 1) & 1))
		disarm(a, id, slot);
}

static void disarm_listed(struct tl_audit *a, uint64_t spare)
{
	uint64_t id = 0;

	for (char *line; (line = tl_lines_next(&a->lines)) != NULL;) {
		const char *s = line;

		if (tl_starts(line, "ID: ")) {
			s += 4;
			tl_parse_u64(&s, 10, &id);
		} else if (tl_starts(line, "signal: "))
			take_signal(a, id, line + 8, spare);
	}
}

static void pause_timers(struct tl_audit *a, uint64_t spare)
{
	if (!tl_lines_open(&a->lines, "/proc/self/timers")) {
		disarm_tracked(a, spare);
		return;
	}
	disarm_listed(a, spare);
	tl_lines_close(&a->lines);
}

/* A signal that is blocked here may be pending, and disarming may take it away: that is evidence,
 * and harms nobody yet. */
void tl_audit_pause(struct tl_audit *a)
{
	uint64_t blocked = 0;

	pause_intervals();
	tl_syscall(SYS_rt_sigprocmask, 0, 0, (long)&blocked, sizeof(blocked), 0, 0);
	pause_timers(a, blocked & ~((uint64_t)1 << 31)); /* 32: glibc's, of SIGEV_THREAD */
}

void tl_audit_pause_rest(struct tl_audit *a)
{
	pause_timers(a, 0);
}
