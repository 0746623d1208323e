/* SPDX-License-Identifier: MIT */
#include "registry_slot.h"
#include "registry_site.h"
#include "alone.h"
#include "section.h"
#include "sink.h"
#include "sink_slots.h"
#include "stack_sites.h"
#include "sys.h"
#include "ties.h"
#include "ties_queue.h"
#include "watch.h"

/*
 * Free slots: a stack, linked through tl_timer.creator. The upper half of its head changes with
 * each change, so that a thread which was interrupted sees that the stack is not what it was.
 */
static uint64_t free_head = TL_NONE;

#define BATCH_FROM 64 /* a program with that many timers gets slots by the batch */
#define BATCH	   256

/* ---- free slots --------------------------------------------------------------------------- */

static TL_INLINE void push(const struct tl_slot_chain *chain)
{
	uint64_t head = tl_load(&free_head), next;

	do {
		if (!tl_slot_is(chain->head, chain->first))
			return;
		tl_store(&chain->tail->creator, (uint32_t)head);
		next = ((head >> 32) + 1) << 32 | chain->first;
	} while (!tl_quick_swap(&free_head, &head, next));
}

TL_HOT void tl_slot_release(struct tl_timer *timer, uint32_t index)
{
	push(&(struct tl_slot_chain){timer, timer, index});
}

void tl_slot_release_chain(const struct tl_slot_chain *chain)
{
	if (chain->head)
		push(chain);
}

static TL_INLINE uint32_t pop(void)
{
	uint64_t head = tl_load_acquire(&free_head), next;
	struct tl_timer *timer;

	do {
		timer = tl_timer_at((uint32_t)head);
		if (!timer)
			return TL_NONE;
		next = ((head >> 32) + 1) << 32 | tl_load(&timer->creator);
	} while (!tl_quick_swap(&free_head, &head, next));
	return (uint32_t)head;
}

/* New ones, that follow each other in the trace: the first is to be taken first. */
static void release_new(uint32_t first, uint32_t count)
{
	struct tl_slot_chain chain = {0};

	for (uint32_t i = first + count; i-- > first;) {
		struct tl_timer *timer = tl_timer_at(i);

		tl_store_release(&timer->state, TL_SLOT_FREE);
		tl_slot_chain_add(&chain, timer, i);
	}
	tl_slot_release_chain(&chain);
}

/* Where there is no room for more those that wait for their ties to go are taken. */
static TL_COLD uint32_t without_room(void)
{
	uint32_t index;

	tl_ties_settle();
	index = pop();
	return index == TL_NONE ? tl_sink_add_timer() : index;
}

/* Where one is needed more are made, for what comes next. */
static TL_NOINLINE uint32_t add_slots(void)
{
	struct tl_section section = tl_section_enter_again();
	uint32_t most = tl_sink_timer_count() < BATCH_FROM ? 1 : BATCH, first = TL_NONE;
	uint32_t count = tl_sink_add_spare_timers(most, &first);

	if (!count)
		first = without_room();
	else if (count > 1)
		release_new(first + 1, count - 1);
	tl_section_leave(&section);
	return first;
}

/* The first of a slot; another in each child of a fork, where a call that a handler interrupted may
 * still speak of the parent's timer in the slot of that number. */
static uint32_t first_generation = 1;

/* One part of a slot. What compilers make of memset here, `rep stos`, takes longer to begin than
 * this takes. */
static TL_INLINE void clear(void *part)
{
	typedef uint64_t wide __attribute__((vector_size(32), may_alias));
	wide *at = part, zero = {0};

	_Static_assert(sizeof(struct tl_timer) == 4 * sizeof(wide), "all of it");
	at[0] = zero;
	at[1] = zero;
	at[2] = zero;
	at[3] = zero;
}

static TL_INLINE struct tl_timer *take_slot(uint32_t *index)
{
	struct tl_timer *timer;
	uint32_t generation;

	*index = pop();
	if (*index == TL_NONE)
		*index = add_slots();
	timer = tl_timer_at(*index);
	if (!timer)
		return NULL;
	generation = timer->generation ? timer->generation + 1 : first_generation;
	generation += !generation; /* 0 is a fresh slot's: passed over when the count wraps */
	tl_store_release(&timer->state, TL_SLOT_EMPTY);
	/* Of a fresh slot it is zero, on a page that may never be needed. */
	if (timer->generation)
		clear(tl_timer_more(timer));
	clear(timer);
	tl_store_release(&timer->generation, generation);
	timer->site = timer->creator = TL_NONE;
	return timer;
}

/* ---- from beginning to end ----------------------------------------------------------------- */

TL_HOT struct tl_timer *tl_slot_new(enum tl_timer_kind kind, uint32_t site, uint32_t *index)
{
	struct tl_timer *timer = take_slot(index);
	struct tl_site *counted;

	if (!timer)
		return NULL;
	timer->kind = (uint8_t)kind;
	timer->site = site;
	timer->tid = tl_section_tid();
	timer->created = tl_sys_now(CLOCK_MONOTONIC);
	timer->creator = tl_creator_enter(site, timer->tid, timer->created);
	counted = tl_site_at(site); /* none in the child of a fork that a handler made meanwhile */
	if (counted)
		tl_site_created(counted, timer->created);
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

/* What other tables know of it. */
static TL_NOINLINE void untie(struct tl_ref ref, struct tl_timer *timer)
{
	struct tl_section section = tl_section_enter_again();

	tl_watch_forget(timer);
	tl_ties_stopped(ref.slot);
	tl_section_leave(&section);
}

TL_HOT void tl_slot_stop(struct tl_timer *timer, struct tl_ref ref)
{
	struct tl_site *site = tl_site_at(timer->site);
	uint64_t now = tl_sys_now(CLOCK_MONOTONIC);
	bool tied;

	if (!tl_slot_still(timer, ref.generation)) /* a handler's fork */
		return;
	if (site && timer->state != TL_SLOT_INHERITED)
		tl_site_stopped(site, now - timer->created, now);
	tied = tl_load(&timer->flags) & TL_F_TIED;
	if (tied && timer->kind == TL_TIMERFD) {
		untie(ref, timer);
		tied = false;
	}
	if (tl_slot_still(timer, ref.generation))
		tl_creator_leave(timer->creator);
	tl_store_release(&timer->state, TL_SLOT_FREE);
	if (tied)
		tl_ties_ended(timer, ref.slot);
	else
		tl_slot_release(timer, ref.slot);
	tl_sink_touch(now);
}

TL_HOT void tl_slot_service(struct tl_timer *timer, uint64_t now)
{
	uint64_t last = tl_load(&timer->last_service);

	if (last && now - last > tl_load(&timer->longest_gap))
		tl_store(&timer->longest_gap, now - last);
	tl_store(&timer->last_service, now);
	tl_store(&timer->service_tid, tl_section_tid());
	tl_quick_add(&timer->services, 1);
	tl_slot_answered(timer);
	tl_sink_touch(now);
}

void tl_slot_forked(bool inside)
{
	free_head = ((free_head >> 32) + 1) << 32 | TL_NONE;
	first_generation += 0x10000001u;
	tl_creator_forked();
	tl_stack_sites_forked(inside);
}
