/* SPDX-License-Identifier: MIT */
#include "life_end.h"
#include "audit.h"
#include "fdmap.h"
#include "hooks.h"
#include "life.h"
#include "life_fork.h"
#include "options.h"
#include "registry.h"
#include "report.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "watch.h"
#include <stdlib.h>
#include <sys/syscall.h>

#define SETTLE_MS 20 /* how long the audit waits for calls of other threads to end */

/* glibc's own; in no header. A NULL object makes the handler outlive every destructor. */
extern int __cxa_atexit(void (*handler)(void *, int), void *argument, void *object);
extern int __cxa_at_quick_exit(void (*handler)(void *), void *object) __attribute__((weak));

static uint32_t ended;
static int quick_status;

/* ---- the end ------------------------------------------------------------------------------ */

static void settle(void)
{
	struct timespec nap = {.tv_nsec = 1000000};

	for (int i = 0; tl_registry_inflight() && i < SETTLE_MS; i++)
		tl_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	tl_watch_settle();
}

/* A process that made no timer has no trace yet; one whose timers no hook saw needs one now. */
static bool need_trace(void)
{
	struct tl_section section;
	bool have = tl_sink_active();

	if (have || !tl_audit_anything())
		return have;
	section = tl_section_enter_within(100);
	if (section.held)
		have = tl_sink_begin();
	tl_section_leave(&section);
	if (!have)
		tl_sink_miss();
	return have;
}

/* A trace may be there for the heap's sake alone. */
static bool need_audit(void)
{
	return tl_options.under_run || tl_sink_timer_count() > 0 || tl_audit_anything();
}

static void record_end(enum tl_end_state how, int status)
{
	struct tl_header *header = tl_sink_header();

	header->end_status = status;
	header->end_tid = tl_section_tid();
	if (!header->end) /* the audit takes its time, and ages should not */
		header->end = tl_sys_now(CLOCK_MONOTONIC);
	tl_store_release(&header->end_state, (uint32_t)how);
}

int tl_life_end(enum tl_end_state how, int status)
{
	int error = errno;

	if (__atomic_exchange_n(&ended, 1, __ATOMIC_ACQ_REL))
		return status;
	if (!tl_life_quiet() && need_trace() && need_audit()) {
		tl_sink_header()->end = tl_sys_now(CLOCK_MONOTONIC);
		settle();
		tl_audit_run();
	}
	if (tl_sink_active())
		record_end(how, status);
	if (tl_life_quiet())
		status = tl_report_blind(status);
	else if (!tl_options.under_run)
		status = tl_report_at_exit(status);
	tl_audit_resume();
	errno = error;
	return status;
}

/* ---- handlers ----------------------------------------------------------------------------- */

/* glibc hands the exit status to handlers of this kind as a second argument (stdlib/exit.c). With
 * another status exit() is called again: glibc goes on with what is left to do, its flush of stdio
 * included, which fflush(NULL) from here could block in. */
static void last_at_exit(void *argument, int status)
{
	int wanted;

	(void)argument;
	if (!tl_life_enter())
		return;
	wanted = tl_life_end(TL_END_EXIT, status & 0xff);
	if (wanted != (status & 0xff))
		exit(wanted);
}

static void last_at_quick_exit(void *argument)
{
	int wanted;

	(void)argument;
	if (!tl_life_enter())
		return;
	wanted = tl_life_end(TL_END_QUICK_EXIT, quick_status & 0xff);
	if (wanted != (quick_status & 0xff) && tl_real__exit)
		tl_real__exit(wanted);
}

void tl_life_quick_status(int status)
{
	quick_status = status;
}

void tl_end_init(void)
{
	__cxa_atexit(last_at_exit, NULL, NULL);
	__cxa_at_quick_exit(last_at_quick_exit, NULL);
}

void tl_end_forked(void)
{
	tl_store(&ended, 0);
}

/* ---- exec --------------------------------------------------------------------------------- */

void tl_life_exec_begin(void)
{
	if (tl_sink_active())
		record_end(TL_END_EXEC, 0);
}

void tl_life_exec_failed(void)
{
	struct tl_header *header = tl_sink_header();

	if (!header)
		return;
	tl_store_release(&header->end_state, TL_END_RUNNING);
	header->end = 0;
}

/* ---- ends of children --------------------------------------------------------------------- */

void tl_life_child_killed(int pid, int signo)
{
	struct tl_header *header = tl_sink_header();
	struct tl_killed *entry;

	if (!header)
		return;
	entry = &header->killed_by[tl_add(&header->killed, 1) % TL_ARRAY_LEN(header->killed_by)];
	tl_store(&entry->pid, 0);
	tl_store(&entry->signal, signo);
	tl_store(&entry->time, tl_sys_now(CLOCK_MONOTONIC));
	tl_store_release(&entry->pid, (uint32_t)pid);
}
