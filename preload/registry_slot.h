/* SPDX-License-Identifier: MIT */
/*
 * registry_slot.h - slots: the book-keeping below registry.h.
 *
 * Lock-free but for what is new, and async-signal-safe. Who stops a timer must be the one who took
 * its id or its last descriptor out of their table: two who stop it would count it twice. To be
 * called without the section, but for `stop`, `get` and `service`.
 */
#ifndef TL_REGISTRY_SLOT_H
#define TL_REGISTRY_SLOT_H

#include "registry.h"
#include "sink_slots.h"
#include "stack.h"

/* A fresh slot of this kind, counted at its site and for its creating thread, still EMPTY; NULL if
 * space ran out (counted). The caller fills in the rest and calls tl_slot_publish. */
struct tl_timer *tl_slot_new(enum tl_timer_kind kind, uint32_t site, uint32_t *index);
struct tl_timer *tl_slot_new_inherited(uint32_t *index); /* belongs to no site */
/* Still: not so in the child of a fork that a handler made meanwhile, which has another trace. To
 * be asked before its index is entered anywhere. */
static inline bool tl_slot_is(const struct tl_timer *timer, uint32_t index)
{
	return tl_timer_at(index) == timer;
}

static inline struct tl_ref tl_slot_publish(struct tl_timer *timer, uint32_t index,
					    enum tl_slot_state state)
{
	tl_store_release(&timer->state, (uint32_t)state);
	return (struct tl_ref){index, timer->generation};
}

/* The timer of ref was stopped: its site and creator are told, the slot may be reused, with
 * TL_F_TIED when its ties are gone. A timerfd's go at once, for which the section is taken. */
void tl_slot_stop(struct tl_timer *timer, struct tl_ref ref);
/* That slot may be reused: nothing knows it any more. */
void tl_slot_release(struct tl_timer *timer, uint32_t index);

/* Several, released together: that takes as long as for one. */
struct tl_slot_chain {
	struct tl_timer *head, *tail; /* NULL: none */
	uint32_t first;		      /* the head's slot */
};

static inline void tl_slot_chain_add(struct tl_slot_chain *chain, struct tl_timer *timer,
				     uint32_t index)
{
	tl_store(&timer->creator, chain->first);
	if (!chain->head)
		chain->tail = timer;
	chain->head = timer;
	chain->first = index;
}

void tl_slot_release_chain(const struct tl_slot_chain *chain);

/* A slot that has not been reused or freed since, nor left by a fork to the child that a handler
 * made (tl_registry_inside): that one finds nothing there. */
static inline bool tl_slot_still(const struct tl_timer *timer, uint32_t generation)
{
	uint32_t state = tl_load_acquire(&timer->state);

	return tl_likely(tl_load_acquire(&timer->generation) == generation &&
			 state != TL_SLOT_EMPTY && state != TL_SLOT_FREE);
}

/* NULL if the slot has been reused or freed since. */
static inline struct tl_timer *tl_slot_get(struct tl_ref ref)
{
	struct tl_timer *timer = tl_timer_at(ref.slot);

	return tl_likely(timer != NULL) && tl_slot_still(timer, ref.generation) ? timer : NULL;
}

/* Without a locked operation where there is nothing to clear. */
static inline void tl_slot_clear_flags(struct tl_timer *timer, uint32_t flags)
{
	if (tl_load(&timer->flags) & flags)
		tl_and(&timer->flags, ~flags);
}

/* What was reported of it has been answered. */
static inline void tl_slot_answered(struct tl_timer *timer)
{
	if (tl_likely(!(tl_load(&timer->flags) & (TL_F_REPORTED | TL_F_EPOLL_UNSERVED))))
		return;
	tl_and(&timer->flags, ~(TL_F_REPORTED | TL_F_EPOLL_UNSERVED));
	tl_store(&tl_timer_more(timer)->reported, 0); /* later: a report sets the flag first */
}

/* The program took care of it: a drain or a re-arm (row 8 of the verdicts). */
void tl_slot_service(struct tl_timer *timer, uint64_t now);

void tl_slot_forked(bool inside); /* a handler that interrupted us forked */

#endif
