/* SPDX-License-Identifier: MIT */
#include "watch.h"
#include "alone.h"
#include "arena.h"
#include "fdmap.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "ties.h"
#include "ties_marks.h"
#include <string.h>

#define WAITS		   4096
#define SPIN_REPORTS	   1000u
#define SPIN_NS_PER_REPORT 10000000u /* more than 100 a second */

/* A registration under a data that is not simply the descriptor. */
struct registration {
	UT_hash_handle hh;
	struct registration_key {
		uint64_t data;
		int64_t epoll_fd;
	} key;
	struct tl_ref timer;
};

/* The last wait of a thread at a set; two that fall together cost one of them its evidence. */
struct wait {
	int epoll_fd;
	uint32_t tid;
	uint64_t time;
};

TL_BIG_TABLE uint64_t tl_watch_bits[TL_FD_BITS / 64];
static struct registration *registrations;
static TL_BIG_TABLE struct wait waits[WAITS];

static struct wait *wait_of(int epoll_fd, uint32_t tid)
{
	uint32_t h = ((uint32_t)epoll_fd * 0x9e3779b1u) ^ (tid * 0x85ebca6bu);

	return &waits[(h ^ h >> 15) % WAITS];
}

/* ---- registrations ------------------------------------------------------------------------ */

static struct registration *find(int epoll_fd, uint64_t data)
{
	struct registration_key key = {data, epoll_fd};
	struct registration *found;

	HASH_FIND(hh, registrations, &key, sizeof(key), found);
	return found;
}

static void forget(int epoll_fd, uint64_t data)
{
	struct registration *r = find(epoll_fd, data);

	if (!r)
		return;
	HASH_DELETE(hh, registrations, r);
	tl_arena_free(r, sizeof(*r));
}

void tl_watch_forget(const struct tl_timer *timer)
{
	int epoll_fd = tl_watch_set_of(timer);
	const struct registration *r = epoll_fd >= 0 ? find(epoll_fd, timer->payload) : NULL;

	if (r && tl_sink_timer(r->timer.slot) == timer) /* another may have come with that data */
		forget(epoll_fd, timer->payload);
}

static void remember(struct tl_ref timer, int epoll_fd, uint64_t data)
{
	struct registration *r;

	forget(epoll_fd, data);
	r = tl_arena_alloc(sizeof(*r));
	if (!r)
		return;
	r->key = (struct registration_key){data, epoll_fd};
	r->timer = timer;
	HASH_ADD(hh, registrations, key, sizeof(r->key), r);
	if ((unsigned)epoll_fd < TL_FD_BITS)
		tl_or(&tl_watch_bits[epoll_fd / 64], 1ull << (epoll_fd % 64));
}

static void set_registered(struct tl_timer *timer, int epoll_fd, int fd, uint64_t data)
{
	struct tl_timer_more *more = tl_timer_more(timer);

	tl_store(&more->epoll_fd, epoll_fd);
	more->epoll_number = fd;
	timer->payload = data;
	tl_or(&timer->flags, TL_F_REGISTERED);
}

void tl_watch_control(struct tl_ref ref, int epoll_fd, int operation, int fd, uint64_t data)
{
	struct tl_section section = tl_section_enter();
	struct tl_timer *timer = tl_slot_get(ref);

	if (timer) {
		tl_watch_forget(timer);
		tl_slot_clear_flags(timer, TL_F_REGISTERED);
		timer->payload = 0;
		if (operation != EPOLL_CTL_DEL)
			set_registered(timer, epoll_fd, fd, data);
		tl_slot_answered(timer);
		tl_or(&timer->flags, TL_F_TIED);
		tl_ties_payload(ref, timer->payload);
		if (operation != EPOLL_CTL_DEL)
			remember(ref, epoll_fd, data);
	}
	tl_section_leave(&section);
}

/* ---- reports ------------------------------------------------------------------------------ */

static void count_spin(struct tl_ref ref, struct tl_timer *timer, uint64_t now)
{
	struct tl_timer_more *more = tl_timer_more(timer);
	uint32_t reports = tl_load(&more->reported);

	if (reports < SPIN_REPORTS || tl_load(&timer->flags) & TL_F_SPIN ||
	    now - more->reported_first > (uint64_t)reports * SPIN_NS_PER_REPORT)
		return;
	tl_or(&timer->flags, TL_F_SPIN);
	tl_registry_hazard(ref, TL_HAZ_SPIN);
}

static void reported(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tl_timer_more *more;
	uint32_t tid = tl_section_tid();
	uint64_t now;
	bool registered;

	if (!timer)
		return;
	more = tl_timer_more(timer);
	now = tl_sys_now(CLOCK_MONOTONIC);
	registered = tl_watch_set_of(timer) >= 0;
	if (tl_unlikely(tl_load(&timer->flags) & TL_F_PAYLOAD_FREED) && registered)
		tl_ties_payload_hazard(tl_sink_site(timer->site), timer);
	if (!tl_load(&more->reported))
		tl_store(&more->reported_first, now);
	else if (registered && more->reported_tid == tid)
		tl_or(&timer->flags, TL_F_EPOLL_UNSERVED);
	tl_store(&more->reported_last, now);
	tl_store(&more->reported_tid, tid);
	/* Before, for tl_slot_answered; and after, where that came in between: the next one mends
	 * it. */
	tl_quick_or(&timer->flags, TL_F_REPORTED);
	tl_add(&more->reported, 1);
	if (tl_unlikely(!(tl_load(&timer->flags) & TL_F_REPORTED)))
		tl_or(&timer->flags, TL_F_REPORTED);
	count_spin(ref, timer, now);
}

void tl_watch_reported(struct tl_ref ref)
{
	tl_registry_change_begin();
	reported(ref);
	tl_registry_change_end();
}

static struct tl_ref registered(int epoll_fd, uint64_t data)
{
	struct tl_ref ref = TL_NO_REF;
	struct registration *r;
	struct tl_section section = tl_section_enter();

	r = find(epoll_fd, data);
	if (r)
		ref = r->timer;
	tl_section_leave(&section);
	return ref;
}

/* event.data is a bare descriptor in most programs: no lock then. */
static struct tl_ref timer_of(int epoll_fd, uint64_t data)
{
	int fd = (int)(uint32_t)data;
	struct tl_ref ref = tl_fdmap_maybe(fd) ? tl_registry_fd(fd) : TL_NO_REF;
	const struct tl_timer *timer = tl_slot_get(ref);

	if (timer && tl_watch_set_of(timer) == epoll_fd && timer->payload == data)
		return ref;
	return registered(epoll_fd, data);
}

void tl_watch_events(int epoll_fd, const struct epoll_event *events, int count)
{
	tl_registry_change_begin();
	for (int i = 0; i < count; i++)
		if (events[i].events & EPOLLIN)
			reported(timer_of(epoll_fd, events[i].data.u64));
	tl_registry_change_end();
}

void tl_watch_wait(int epoll_fd)
{
	uint32_t tid = tl_section_tid();
	struct wait *wait = wait_of(epoll_fd, tid);

	tl_store(&wait->epoll_fd, epoll_fd);
	tl_store(&wait->tid, tid);
	tl_store(&wait->time, tl_sys_now(CLOCK_MONOTONIC));
}

static bool waited_again(const struct tl_timer *timer)
{
	const struct tl_timer_more *more = tl_timer_more(timer);
	int epoll_fd = tl_watch_set_of(timer);
	const struct wait *wait = wait_of(epoll_fd, more->reported_tid);

	return epoll_fd >= 0 && more->reported && wait->epoll_fd == epoll_fd &&
	       wait->tid == more->reported_tid && wait->time > more->reported_last;
}

void tl_watch_settle(void)
{
	uint32_t count = tl_sink_timer_count();

	for (uint32_t i = 0; i < count; i++) {
		struct tl_timer *timer = tl_sink_timer(i);

		if (timer->kind == TL_TIMERFD && tl_load(&timer->flags) & TL_F_REPORTED &&
		    waited_again(timer))
			tl_or(&timer->flags, TL_F_EPOLL_UNSERVED);
	}
}

/* ---- a descriptor goes, the timer stays --------------------------------------------------- */

/* Does the set still list that number? It lists what was closed while a dup kept it open. */
static bool listed(int epoll_fd, int fd)
{
	struct tl_lines lines;
	char path[48], *line;
	bool found = false;

	tl_format(path, sizeof(path), "/proc/self/fdinfo/%d", epoll_fd);
	if (!tl_lines_open(&lines, path))
		return false;
	while (!found && (line = tl_lines_next(&lines))) {
		const char *at = line;
		uint64_t number;

		if (!tl_starts(at, "tfd:"))
			continue;
		for (at += 4; *at == ' ';)
			at++;
		found = tl_parse_u64(&at, 10, &number) && (int)number == fd;
	}
	tl_lines_close(&lines);
	return found;
}

TL_HOT void tl_watch_closing(struct tl_ref ref, int fd)
{
	const struct tl_timer *timer = tl_slot_get(ref);
	int epoll_fd;

	if (!timer || tl_load(&tl_sys_quiet) || tl_load(&timer->refs) <= 1)
		return;
	epoll_fd = tl_watch_set_of(timer);
	if (epoll_fd >= 0 && tl_timer_more(timer)->epoll_number == fd && listed(epoll_fd, fd))
		tl_registry_hazard(ref, TL_HAZ_CLOSED_IN_EPOLL);
}

void tl_watch_forked(void)
{
	registrations = NULL;
	tl_sys_clear(tl_watch_bits, sizeof(tl_watch_bits));
	tl_sys_clear(waits, sizeof(waits));
}
