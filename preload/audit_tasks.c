/* SPDX-License-Identifier: MIT */
/*
 * The other threads: what each is doing, and which signals are blocked and pending.
 */
#include "audit_state.h"
#include "sink.h"
#include <sys/syscall.h>
#include <time.h>

/* More threads than this are not looked at, and the evidence bit stays off. */
#define TASKS_MAX 4096

/* ---- limits ---------------------------------------------------------------------------------- */

static void take_limits(struct tl_audit *a, const char *sigq)
{
	struct tl_header *h = a->header;

	if (tl_parse_u64(&sigq, 10, &h->sigpending_used) && *sigq++ == '/' &&
	    tl_parse_u64(&sigq, 10, &h->sigpending_max))
		tl_or(&h->flags, TL_HDR_LIMITS);
}

/* A filter may kill for a call that it does not know, and kcmp is on few lists. */
void tl_audit_status(struct tl_audit *a)
{
	const char *value = tl_audit_field(a, "/proc/thread-self/status", "Seccomp:");

	a->kcmp = value && *value == '0';
	a->filtered = !a->kcmp;
	value = tl_audit_field(a, "/proc/thread-self/status", "SigQ:");
	if (value)
		take_limits(a, value);
}

/* ---- threads --------------------------------------------------------------------------------- */

static bool list_tasks(struct tl_audit *a)
{
	const char *name;
	bool whole = true;

	if (!tl_dir_open(&a->dir, "/proc/self/task"))
		return false;
	while (whole && (name = tl_dir_next(&a->dir)) != NULL) {
		struct tl_task *task;
		uint64_t tid;

		if (!tl_parse_u64(&name, 10, &tid) || tid == a->tid)
			continue;
		task = a->tasks.used < TASKS_MAX ? tl_audit_push(&a->tasks, sizeof(*task)) : NULL;
		whole = task != NULL;
		if (task)
			task->tid = (uint32_t)tid;
	}
	tl_dir_close(&a->dir);
	return whole;
}

static uint32_t look_again(struct tl_audit *a)
{
	struct tl_task *tasks = a->tasks.items;
	uint32_t running = 0;

	for (size_t i = 0; i < a->tasks.used; i++) {
		if (tasks[i].state != TL_TASK_RUNNING)
			continue;
		tl_task_look(&tasks[i]);
		running += tasks[i].state == TL_TASK_RUNNING;
	}
	return running;
}

static bool syscall_file_exists(void)
{
	struct tl_task self = {.tid = (uint32_t)tl_sys_gettid()};

	tl_task_look(&self);
	return self.state != TL_TASK_UNREADABLE;
}

void tl_audit_tasks(struct tl_audit *a)
{
	const struct timespec pause = {0, 400000};
	struct tl_task *tasks;

	if (!list_tasks(a) || !syscall_file_exists())
		return;
	tasks = a->tasks.items;
	for (size_t i = 0; i < a->tasks.used; i++)
		tasks[i].state = TL_TASK_RUNNING;
	/* Most that run are about to block again. */
	for (int i = 0; look_again(a) > 0 && i < 5; i++)
		tl_syscall(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
	a->evidence |= TL_EV_TASKS;
}

/* ---- pending signals --------------------------------------------------------------------------
 *
 * A signal to the process is pending for long only if every thread blocks it; the host's mask must
 * still be in force on this thread when the audit runs. Timers that share a signal share its one
 * pending instance, as far as the report is concerned.
 */
struct masks {
	uint64_t own, shared, blocked;
	bool dead;
};

static bool read_masks(struct tl_audit *a, uint32_t tid, struct masks *masks)
{
	uint32_t found = 0;

	*masks = (struct masks){0};
	tl_format(a->path, sizeof(a->path), "/proc/self/task/%u/status", tid);
	if (!tl_lines_open(&a->lines, a->path))
		return false;
	for (const char *s; found < 3 && (s = tl_lines_next(&a->lines)) != NULL;) {
		uint64_t *to = tl_starts(s, "SigPnd:\t")   ? &masks->own
			       : tl_starts(s, "ShdPnd:\t") ? &masks->shared
			       : tl_starts(s, "SigBlk:\t") ? &masks->blocked
							   : NULL;

		if (tl_starts(s, "State:\t"))
			masks->dead = s[7] == 'Z' || s[7] == 'X';
		s += 8;
		if (to)
			found += tl_parse_u64(&s, 16, to);
	}
	tl_lines_close(&a->lines);
	return found == 3;
}

/* The estimate of the expiry knows nothing of clocks that count processor time. */
static bool has_expired(const struct tl_audit *a, const struct tl_timer *t)
{
	bool cpu_time = t->clock < 0 || t->clock == CLOCK_PROCESS_CPUTIME_ID ||
			t->clock == CLOCK_THREAD_CPUTIME_ID;

	if (t->arms == 0 || tl_load(&t->flags) & TL_F_DISARMED)
		return false;
	if (t->first_expiry == 0)
		return cpu_time;
	return t->first_expiry <= a->now;
}

/* The expired timer of that index that notifies by signal: of the process, or of one thread. */
static struct tl_timer *signal_slot(struct tl_audit *a, uint32_t index, struct tl_audit_mark **mark)
{
	struct tl_timer *t = tl_audit_slot(a, index, TL_POSIX, mark);
	bool by_signal = t && (t->notify == TL_NOTIFY_SIGNAL || t->notify == TL_NOTIFY_THREAD_ID);

	if (!by_signal || (*mark)->facts & TL_FACT_GONE || t->signo < 1 || t->signo > 64)
		return NULL;
	return has_expired(a, t) ? t : NULL;
}

/* Of those that notify target (0: the process) by one of the signals. */
static void mark_pending(struct tl_audit *a, uint32_t target, uint64_t signals)
{
	uint64_t taken = 0;

	for (uint32_t i = 0; i < a->count && signals; i++) {
		struct tl_audit_mark *mark;
		const struct tl_timer *t = signal_slot(a, i, &mark);
		uint64_t bit = t ? (uint64_t)1 << (t->signo - 1) : 0;
		uint32_t to =
		    t && t->notify == TL_NOTIFY_THREAD_ID ? tl_timer_more(t)->target_tid : 0;

		if (!(signals & bit) || to != target)
			continue;
		mark->facts |= TL_FACT_PENDING;
		a->header->pending_shared += (taken & bit) != 0;
		taken |= bit;
	}
}

static bool any_expired(struct tl_audit *a)
{
	struct tl_audit_mark *mark;

	for (uint32_t i = 0; i < a->count; i++)
		if (signal_slot(a, i, &mark))
			return true;
	return false;
}

void tl_audit_pending(struct tl_audit *a)
{
	const struct tl_task *tasks = a->tasks.items;
	struct masks masks;
	uint64_t shared, blocked;

	a->header->pending_shared = 0;
	if (any_expired(a)) {
		if (!read_masks(a, a->tid, &masks))
			return;
		shared = masks.shared;
		blocked = masks.blocked;
		mark_pending(a, a->tid, masks.own & masks.blocked);
		for (size_t i = 0; i < a->tasks.used; i++) {
			if (!read_masks(a, tasks[i].tid, &masks) || masks.dead)
				continue;
			blocked &= masks.blocked;
			mark_pending(a, tasks[i].tid, masks.own & masks.blocked);
		}
		mark_pending(a, 0, shared & blocked);
	}
	a->evidence |= TL_EV_PENDING;
}
