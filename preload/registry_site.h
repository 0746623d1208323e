/* SPDX-License-Identifier: MIT */
/*
 * registry_site.h - what a site and a creating thread count as timers come and go. Lock-free but
 * for what is new; not to be called with the section held. `now` is CLOCK_MONOTONIC, ns.
 */
#ifndef TL_REGISTRY_SITE_H
#define TL_REGISTRY_SITE_H

#include "alone.h"
#include "base.h"
#include "sink_slots.h"

void tl_site_created(struct tl_site *site, uint64_t now);
void tl_site_stopped(struct tl_site *site, uint64_t lifetime, uint64_t now);

/* ---- creators.c: one thread's part in a site ---- */
/* Index of the record, or TL_NONE. */
uint32_t tl_creator_enter(uint32_t site, uint32_t tid, uint64_t now);
static inline void tl_creator_leave(uint32_t record)
{
	struct tl_creator *creator = tl_creator_at(record);

	if (!creator)
		return;
	tl_quick_add(&creator->stopped, 1);
	tl_quick_add(&creator->live, -1u);
}
void tl_creator_forked(void);

#endif
