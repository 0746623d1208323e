/* SPDX-License-Identifier: MIT */
#include "reach.h"
#include "heap.h"
#include "modules.h"
#include "reach_state.h"
#include "real.h"
#include "section.h"
#include "sink.h"
#include "ties.h"
#include "ties_queue.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define BUDGET	 4000000000ull /* ns: some 4 GiB of heap */
#define GRACE	 1000000000ull /* from the child's own end of time to its death */
#define NAP_MOST 2000000

/* ---- is there anything to find out ----------------------------------------------------------- */

static bool any_thread_timer(struct tl_audit *a)
{
	struct tl_audit_mark *mark;

	for (uint32_t i = 0; i < a->count; i++) {
		const struct tl_timer *t = tl_audit_slot(a, i, TL_POSIX, &mark);

		if (t && t->notify == TL_NOTIFY_THREAD)
			return true;
	}
	return false;
}

/* ---- before the clone --------------------------------------------------------------------------
 */

static bool is_inner(uintptr_t ip)
{
	return tl_modules_is_self(ip) || tl_modules_flags(ip) & TL_MOD_LIBC;
}

/* Where the frames are not known all of this thread's stack counts. */
static void find_caller(struct tl_reach *r)
{
	if (!tl_unwind_outer(is_inner, &r->caller))
		r->caller = (struct tl_outer_frame){.sp = (uintptr_t)__builtin_frame_address(0)};
	r->thread_pointer = (uintptr_t)__builtin_thread_pointer();
}

static size_t results_size(const struct tl_reach *r)
{
	return sizeof(*r->results) + r->timer_count * sizeof(*r->timers) +
	       r->site_count * sizeof(*r->sites);
}

static bool prepare(struct tl_reach *r, struct tl_audit *a)
{
	r->a = a;
	r->timer_count = a->count;
	r->site_count = tl_sink_site_count();
	r->deadline = tl_sys_now(CLOCK_MONOTONIC) + BUDGET;
	r->in_libc = tl_modules_flags((uintptr_t)tl_real_malloc) & TL_MOD_LIBC;
	r->results = tl_sys_mmap_shared(results_size(r));
	if (!r->results)
		return false;
	r->timers = (struct tl_reach_timer *)(r->results + 1);
	r->sites = (struct tl_reach_site *)(r->timers + r->timer_count);
	find_caller(r);
	tl_modules_refresh();
	tl_audit_stacks(a);
	r->maps = tl_audit_open(a, "maps", O_RDONLY);
	r->pagemap = tl_audit_open(a, "pagemap", O_RDONLY);
	return true;
}

/* ---- the child ------------------------------------------------------------------------------ */

/* Copy-on-write, without an exit signal: no SIGCHLD, and not there for a plain wait (man 2 wait,
 * "clone children"). The section is held, so that the tables which the child reads are whole. */
static long start(struct tl_reach *r)
{
	struct tl_section section = tl_section_enter_within(100);
	long pid = -EAGAIN;

	if (section.held) {
		tl_ties_settle();
		pid = tl_syscall(SYS_clone, 0, 0, 0, 0, 0, 0);
	}
	if (pid == 0) {
		tl_sys_populate(r->results, results_size(r));
		tl_reach_child(r);
		tl_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
	}
	tl_section_leave(&section);
	return pid;
}

static void wait_for(struct tl_reach *r, long pid)
{
	struct timespec nap = {.tv_nsec = 50000};
	int status;

	while (tl_syscall(SYS_wait4, pid, (long)&status, __WALL | WNOHANG, 0, 0, 0) == 0) {
		if (tl_sys_now(CLOCK_MONOTONIC) > r->deadline + GRACE) {
			tl_syscall(SYS_kill, pid, SIGKILL, 0, 0, 0, 0);
			tl_syscall(SYS_wait4, pid, (long)&status, __WALL, 0, 0, 0);
			return;
		}
		tl_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
		if (nap.tv_nsec < NAP_MOST)
			nap.tv_nsec *= 2;
	}
}

/* ---- after it ------------------------------------------------------------------------------- */

static void take_timers(struct tl_reach *r)
{
	/* The child had them too: each page is copied at the first write to it. */
	tl_sys_populate(r->a->marks, r->timer_count * sizeof(*r->a->marks));
	for (uint32_t i = 0; i < r->timer_count; i++) {
		struct tl_audit_mark *mark = &r->a->marks[i];

		mark->retained = r->timers[i].retained;
		if (!r->results->cut)
			mark->facts |= r->timers[i].facts;
		if (r->timers[i].held && mark->holder == TL_HOLDER_NONE)
			mark->holder = TL_HOLDER_HEAP;
	}
}

static void take_sites(struct tl_reach *r)
{
	for (uint32_t i = 0; i < r->site_count; i++) {
		struct tl_site *site = tl_sink_site(i);
		const struct tl_reach_site *from = &r->sites[i];

		for (unsigned k = 0; k < TL_RETAINED_AT; k++)
			site->retained_at[k] = from->at[k];
		site->left_blocks = from->left_blocks;
		site->left_bytes = from->left_bytes;
		site->left_at = from->left_at;
	}
}

static void take(struct tl_reach *r)
{
	struct tl_header *header = r->a->header;

	header->heap_live_blocks = r->results->live_blocks;
	header->heap_live_bytes = r->results->live_bytes;
	r->a->evidence |= r->results->cut ? TL_EV_REACH_CUT : TL_EV_REACH;
	take_timers(r);
	take_sites(r);
}

static void run(struct tl_reach *r)
{
	uint64_t begun = tl_sys_now(CLOCK_MONOTONIC);
	long pid = start(r);

	if (pid > 0)
		wait_for(r, pid);
	r->a->header->reach_time = tl_sys_now(CLOCK_MONOTONIC) - begun;
	if (tl_load_acquire(&r->results->done))
		take(r);
	else
		tl_sink_note(TL_NOTE_REACH, "who holds the timers' blocks could not be found out: "
					    "the search had no process, memory or time");
}

/* Where blocks are missing from the map, or memory of ours could be taken for the host's, what is
 * reached is not known. */
static bool map_is_whole(struct tl_audit *a)
{
	a->header->heap_lost = tl_map_lost();
	if (a->header->heap_lost || !tl_sys_own_complete())
		return false;
	a->evidence |= TL_EV_HEAP;
	return true;
}

void tl_reach_run(struct tl_audit *a)
{
	struct tl_reach *r;

	if (!tl_heap_on() || !map_is_whole(a) || (!tl_ties_any() && !any_thread_timer(a)))
		return;
	r = tl_sys_mmap(sizeof(*r));
	if (!r)
		return;
	if (prepare(r, a)) {
		run(r);
		tl_sys_close(r->maps);
		tl_sys_close(r->pagemap);
		tl_sys_munmap(r->results, results_size(r));
	}
	tl_sys_munmap(r, sizeof(*r));
}
