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

#include "base.h"

/* The slot, or TL_NONE. Whoever goes on without a lock looks whether the slot still is that id's.
 */
uint32_t tl_ids_find(uint64_t id);

/* The same without ever waiting, and only a guess: of those in the uthash table. */
uint32_t tl_ids_cached(uint64_t id);

/* Whoever gets the slot has taken the id out, and nobody else has: TL_NONE to all others. */
uint32_t tl_ids_remove(uint64_t id);

/* The id must not be in there. false: no memory. */
bool tl_ids_add(uint64_t id, uint32_t slot);

void tl_ids_forked(void);

#endif
