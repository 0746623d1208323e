/* SPDX-License-Identifier: MIT */
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "ties.h"
#include "timeline.h"
#include "watch.h"
#include <string.h>

/* Free slots are linked through tl_timer.creator. */
static uint32_t free_head = TL_NONE;

static struct tl_timer *take_slot(uint32_t *index)
{
	struct tl_timer *timer;
	uint32_t generation;

	*index = free_head;
	if (free_head == TL_NONE)
		*index = tl_sink_add_timer();
	timer = tl_sink_timer(*index);
	if (!timer)
		return NULL;
	if (free_head != TL_NONE)
		free_head = timer->creator;
	generation = timer->generation + 1;
	tl_store_release(&timer->state, TL_SLOT_EMPTY);
	memset((char *)timer + sizeof(timer->state), 0, sizeof(*timer) - sizeof(timer->state));
	tl_store_release(&timer->generation, generation);
	timer->site = timer->creator = TL_NONE;
	timer->place_freed_stack = timer->payload_freed_stack = TL_NONE;
	timer->epoll_fd = -1;
	return timer;
}

/* The series counts from 1970, for which no other clock needs to be read. */
static uint64_t since_1970(uint64_t now)
{
	const struct tl_header *header = tl_sink_header();

	return now + (header->start_realtime - header->start);
}

static void count_created(struct tl_site *site, uint64_t now)
{
	uint64_t live;

	if (!site->first_create)
		site->first_create = now;
	site->last_create = now;
	tl_store(&site->created, site->created + 1);
	live = site->created - site->stopped;
	if (live > site->live_high)
		site->live_high = (uint32_t)live;
	tl_timeline_add(site, live - 1, live, since_1970(now));
}

struct tl_timer *tl_slot_new(enum tl_timer_kind kind, const struct tl_trace *trace, uint32_t *index)
{
	uint32_t site = tl_stack_site(trace, kind);
	struct tl_timer *timer = take_slot(index);

	if (!timer)
		return NULL;
	timer->kind = (uint8_t)kind;
	timer->site = site;
	timer->tid = tl_section_tid();
	timer->created = tl_sys_now(CLOCK_MONOTONIC);
	timer->creator = tl_creator_enter(site, timer->tid, timer->created);
	if (site != TL_NONE)
		count_created(tl_sink_site(site), timer->created);
	tl_sink_touch(timer->created);
	return timer;
}

struct tl_timer *tl_slot_new_inherited(uint32_t *index)
{
	struct tl_timer *timer = take_slot(index);

	if (timer)
		timer->kind = TL_TIMERFD;
	return timer;
}

struct tl_ref tl_slot_publish(struct tl_timer *timer, uint32_t index, enum tl_slot_state state)
{
	tl_store_release(&timer->state, (uint32_t)state);
	return (struct tl_ref){index, timer->generation};
}

static void count_stopped(struct tl_site *site, uint64_t lifetime, uint64_t now)
{
	uint64_t live;

	tl_store(&site->stopped, site->stopped + 1);
	if (lifetime > site->longest)
		site->longest = lifetime;
	if (lifetime < site->shortest)
		site->shortest = lifetime;
	live = site->created - site->stopped;
	tl_timeline_add(site, live + 1, live, since_1970(now));
}

void tl_slot_stop(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tl_site *site = timer ? tl_sink_site(timer->site) : NULL;
	uint64_t now;

	if (!timer)
		return;
	now = tl_sys_now(CLOCK_MONOTONIC);
	if (site && timer->state != TL_SLOT_INHERITED)
		count_stopped(site, now - timer->created, now);
	tl_watch_forget(timer);
	tl_ties_stopped(ref);
	tl_creator_leave(timer->creator);
	timer->creator = free_head;
	free_head = ref.slot;
	tl_store_release(&timer->state, TL_SLOT_FREE);
	tl_sink_touch(now);
}

struct tl_timer *tl_slot_get(struct tl_ref ref)
{
	struct tl_timer *timer = ref.slot == TL_NONE ? NULL : tl_sink_timer(ref.slot);
	uint32_t state;

	if (!timer || tl_load_acquire(&timer->generation) != ref.generation)
		return NULL;
	state = tl_load_acquire(&timer->state);
	return state == TL_SLOT_EMPTY || state == TL_SLOT_FREE ? NULL : timer;
}

void tl_slot_service(struct tl_timer *timer, uint64_t now)
{
	uint64_t last = tl_load(&timer->last_service);

	if (last && now - last > tl_load(&timer->longest_gap))
		tl_store(&timer->longest_gap, now - last);
	tl_store(&timer->last_service, now);
	tl_store(&timer->service_tid, tl_section_tid());
	tl_add(&timer->services, 1);
	tl_store(&timer->reported, 0);
	tl_and(&timer->flags, ~TL_F_EPOLL_UNSERVED);
	tl_sink_touch(now);
}

void tl_slot_forked(void)
{
	free_head = TL_NONE;
	tl_creator_forked();
}
