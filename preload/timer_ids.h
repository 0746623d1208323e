/* SPDX-License-Identifier: MIT */
/*
 * timer_ids.h - the slots of live POSIX timers by timer_t.
 *
 * The kernel's ids are small and count up (man 3 timer_create leaves that open, posix-timers.c does
 * it), so they lie in a table of small buckets that is read and changed without a lock. Others, the
 * pointers of SIGEV_THREAD timers and what finds no room there, lie in a uthash table under the
 * section, behind a lock-free cache. Async-signal-safe; nothing here is to be called with the
 * section held.
 */
#ifndef TL_TIMER_IDS_H
#define TL_TIMER_IDS_H

#include "alone.h"
#include "base.h"
#include "tl_format.h"

/* For the functions below alone: buckets one behind the other, and where an id is looked for first.
 * An entry is the id and the slot + 1, 0 if it is free. */
#define TL_IDS_NEAR 8192
TL_EXTERN uint64_t tl_ids_near[TL_IDS_NEAR];
TL_EXTERN uint64_t tl_ids_highest; /* of the small ones, and of all so far */
TL_EXTERN uint32_t tl_ids_others;  /* how many there are that are not small */
uint32_t tl_ids_find_elsewhere(uint64_t id);
uint32_t tl_ids_remove_elsewhere(uint64_t id);
bool tl_ids_add_elsewhere(uint64_t id, uint32_t slot);
uint32_t tl_ids_cached(uint64_t id);

static inline uint64_t *tl_ids_likely(uint64_t id)
{
	return &tl_ids_near[id % TL_IDS_NEAR];
}

static inline bool tl_ids_is_of(uint64_t entry, uint64_t id)
{
	return tl_likely(entry >> 32 == id && entry);
}

static inline bool tl_ids_small(uint64_t id)
{
	return id <= INT32_MAX;
}

/* false: it is no timer's now. For what may be anything. */
static inline bool tl_ids_maybe(uint64_t id)
{
	return tl_ids_small(id) ? id <= tl_load(&tl_ids_highest) : tl_load(&tl_ids_others) != 0;
}

/* The slot, or TL_NONE. Whoever goes on without a lock looks whether the slot still is that id's.
 */
static inline uint32_t tl_ids_find(uint64_t id)
{
	uint64_t entry = tl_load_acquire(tl_ids_likely(id));

	return tl_ids_is_of(entry, id) ? (uint32_t)entry - 1 : tl_ids_find_elsewhere(id);
}

/* The same without ever waiting, and only a guess. */
static inline uint32_t tl_ids_guess(uint64_t id)
{
	uint64_t entry = tl_load_acquire(tl_ids_likely(id));

	return tl_ids_is_of(entry, id) ? (uint32_t)entry - 1 : tl_ids_cached(id);
}

/* Whoever gets the slot has taken the id out, and nobody else has: TL_NONE to all others. */
static inline uint32_t tl_ids_remove(uint64_t id)
{
	uint64_t *at = tl_ids_likely(id), entry = tl_load_acquire(at);

	if (tl_ids_is_of(entry, id) && tl_quick_swap(at, &entry, 0))
		return (uint32_t)entry - 1;
	return tl_ids_remove_elsewhere(id);
}

/* The kernel counts up: nothing with that id was ever in there, and it is about to be. */
static inline bool tl_ids_first_seen(uint64_t id)
{
	uint64_t highest = tl_load(&tl_ids_highest);

	while (tl_likely(id > highest && tl_ids_small(id)))
		if (tl_quick_swap(&tl_ids_highest, &highest, id))
			return true;
	return false;
}

/* The id must not be in there. false: no memory. */
static inline bool tl_ids_add(uint64_t id, uint32_t slot)
{
	uint64_t *at = tl_ids_likely(id), none = 0;

	if (tl_likely(tl_ids_small(id) && !tl_load(at)) &&
	    tl_quick_swap(at, &none, id << 32 | (slot + 1)))
		return true;
	return tl_ids_add_elsewhere(id, slot);
}

void tl_ids_forked(void);

#endif
