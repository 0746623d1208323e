/* SPDX-License-Identifier: MIT */
#include "audit.h"
#include "audit_state.h"
#include "holders.h"
#include "reach.h"
#include "registry.h"
#include "sink.h"
#include "ties_marks.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#define BUDGET_BASE 300000000ull

#define KCMP_EPOLL_MAX 2000u

/* Descriptors that the audit opens at a time, with room to spare. */
#define HEADROOM 16

/*
 * A program that leaked timerfds up to RLIMIT_NOFILE is the very one that must be audited, yet
 * nothing can be opened in it. The limit is lifted meanwhile, by as much as this process may.
 */
struct nofile {
	struct rlimit64 old;
	bool known, raised;
};

static long prlimit_nofile(const struct rlimit64 *new, struct rlimit64 *old)
{
	return tl_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)new, (long)old, 0, 0);
}

static void raise_nofile(struct nofile *nofile)
{
	int probe = tl_sys_open("/proc/self/status", O_RDONLY, 0);
	struct rlimit64 more;

	nofile->raised = false;
	nofile->known = prlimit_nofile(NULL, &nofile->old) == 0;
	if (probe >= 0)
		tl_sys_close(probe);
	if (probe != -EMFILE || !nofile->known)
		return;
	more = nofile->old;
	if (more.rlim_cur >= more.rlim_max)
		more.rlim_max += HEADROOM; /* takes CAP_SYS_RESOURCE */
	more.rlim_cur = more.rlim_max;
	nofile->raised = prlimit_nofile(&more, NULL) == 0;
	if (!nofile->raised)
		tl_sink_note(TL_NOTE_AUDIT, "the kernel could not be asked about timers: no "
					    "descriptor is free");
}

static void restore_nofile(const struct nofile *nofile)
{
	if (nofile->raised)
		prlimit_nofile(&nofile->old, NULL);
}

static void snapshot(struct tl_audit *a)
{
	for (uint32_t i = 0; i < a->count; i++) {
		const struct tl_timer *t = tl_sink_timer(i);
		struct tl_audit_mark *m = &a->marks[i];

		m->fd = -1;
		m->epoll_fd = -1;
		m->state = t ? tl_load_acquire(&t->state) : TL_SLOT_EMPTY;
		if (m->state != TL_SLOT_LIVE && m->state != TL_SLOT_INHERITED)
			m->state = TL_SLOT_EMPTY;
		else {
			m->generation = tl_load(&t->generation);
			a->live++;
		}
	}
}

static bool begin(struct tl_audit *a)
{
	a->count = tl_sink_timer_count();
	a->now = tl_sys_now(CLOCK_MONOTONIC);
	a->tid = (uint32_t)tl_sys_gettid();
	if (a->count > 0) {
		a->marks = tl_sys_mmap_whole(a->count * sizeof(*a->marks));
		if (!a->marks)
			return false;
		snapshot(a);
	}
	a->deadline = a->now + BUDGET_BASE;
	tl_audit_allow(a, a->live);
	a->kcmp_left = KCMP_EPOLL_MAX;
	a->mem = tl_audit_open(a, "mem", O_RDONLY);
	return true;
}

static void publish_mark(struct tl_audit *a, struct tl_timer *t, const struct tl_audit_mark *m)
{
	struct tl_timer_more *more = tl_timer_more(t);
	struct tl_site *site;

	tl_store(&more->facts, m->facts);
	more->holder = (uint8_t)m->holder;
	more->holder_tid = m->holder_tid;
	if (m->holder != TL_HOLDER_NONE || !(tl_load(&t->flags) & TL_F_PLACE_UNLOADED)) {
		more->holder_module = m->holder_module;
		more->holder_offset = m->holder_offset;
	}
	more->remaining = m->remaining;
	more->unread = m->unread;
	if (m->interval)
		t->interval = m->interval;
	more->retained = m->retained;
	if (m->facts & TL_FACT_BLOCKED_ON)
		t->service_tid = m->service_tid;
	if (m->facts & TL_FACT_IN_EPOLL) {
		t->payload = m->payload;
		more->epoll_fd = m->epoll_fd;
		tl_or(&t->flags, TL_F_REGISTERED);
	}
	if (m->facts & TL_FACT_GONE && m->state == TL_SLOT_LIVE)
		a->header->gone_unseen++;
	site = tl_sink_site(t->site);
	if (m->closed_in_epoll && site)
		tl_add(&site->hazards[TL_HAZ_CLOSED_IN_EPOLL], 1);
	if (site && tl_load(&t->flags) & TL_F_PAYLOAD_FREED && !(m->facts & TL_FACT_GONE) &&
	    tl_ties_armed(t))
		tl_ties_payload_hazard(site, t);
}

static void publish(struct tl_audit *a)
{
	a->header->gone_unseen = 0;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct tl_audit_mark *m = &a->marks[i];
		struct tl_timer *t;

		if (m->state == TL_SLOT_EMPTY)
			continue;
		t = tl_sink_timer(i);
		if (t && tl_load_acquire(&t->state) == m->state &&
		    tl_load(&t->generation) == m->generation)
			publish_mark(a, t, m);
	}
}

static void finish(struct tl_audit *a)
{
	if (a->mem >= 0)
		tl_sys_close(a->mem);
	tl_audit_list_free(&a->fds);
	tl_audit_list_free(&a->regs);
	tl_audit_list_free(&a->tasks);
	tl_sys_munmap(a->marks, a->count * sizeof(*a->marks));
}

static void gather(struct tl_audit *a)
{
	tl_audit_status(a);
	tl_audit_pause(a);
	tl_audit_timers(a);
	tl_audit_fds(a);
	tl_audit_epoll(a);
	tl_audit_tasks(a);
	tl_audit_rings(a);
	tl_audit_waits(a);
	tl_audit_pending(a);
	tl_holders_find(a);
	tl_reach_run(a);
	tl_audit_children(a);
	tl_audit_unread(a);
	tl_audit_closed_in_epoll(a);
	tl_audit_pause_rest(a);
}

void tl_audit_run(void)
{
	struct tl_header *header = tl_sink_header();
	struct tl_audit *a = header ? tl_sys_mmap(sizeof(*a)) : NULL;
	struct nofile nofile;

	if (!a)
		return;
	a->header = header;
	raise_nofile(&nofile);
	if (begin(a)) {
		if (nofile.known)
			header->nofile_max = nofile.old.rlim_cur;
		gather(a);
		publish(a);
		finish(a);
		tl_store_release(&header->evidence, a->evidence | TL_EV_DONE);
	} else
		tl_sink_note(TL_NOTE_AUDIT, "no memory was left to gather evidence in");
	restore_nofile(&nofile);
	tl_sys_munmap(a, sizeof(*a));
}
