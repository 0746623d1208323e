/* SPDX-License-Identifier: MIT */
/*
 * registry_slot.h - slots, sites and creators: the book-keeping below registry.h.
 *
 * Section held, unless the name says `get` or `service`: those are lock-free.
 */
#ifndef TL_REGISTRY_SLOT_H
#define TL_REGISTRY_SLOT_H

#include "registry.h"
#include "stack.h"

/* A fresh slot of this kind, counted at its site and for its creating thread, still EMPTY; NULL if
 * space ran out (counted). The caller fills in the rest and calls tl_slot_publish. */
struct tl_timer *tl_slot_new(enum tl_timer_kind kind, const struct tl_trace *trace,
			     uint32_t *index);
struct tl_timer *tl_slot_new_inherited(uint32_t *index); /* belongs to no site */
struct tl_ref tl_slot_publish(struct tl_timer *timer, uint32_t index, enum tl_slot_state state);

/* It was stopped: its site and creator are told, the slot may be reused. */
void tl_slot_stop(struct tl_ref ref);

/* NULL if the slot has been reused or freed since. */
struct tl_timer *tl_slot_get(struct tl_ref ref);

/* The program took care of it: a drain or a re-arm (row 8 of the verdicts). */
void tl_slot_service(struct tl_timer *timer, uint64_t now);

void tl_slot_forked(void);

/* ---- creators.c: one thread's part in a site ---- */
uint32_t tl_creator_enter(uint32_t site, uint32_t tid, uint64_t now);
void tl_creator_leave(uint32_t creator);
void tl_creator_forked(void);

#endif
