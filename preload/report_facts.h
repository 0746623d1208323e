/* SPDX-License-Identifier: MIT */
/*
 * report_facts.h - what our own trace says, in numbers, without the analyzer. Reads memory only.
 */
#ifndef TL_REPORT_FACTS_H
#define TL_REPORT_FACTS_H

#include "base.h"
#include "tl_format.h"

struct tl_facts {
	uint64_t created, stopped;
	uint64_t live; /* not stopped, as far as hooks and audit know */
	uint64_t untracked, inherited_exec, hazards;
	uint32_t sites;	 /* in all */
	bool incomplete; /* something was lost */
};

void tl_facts_gather(struct tl_facts *facts);
bool tl_facts_clean(const struct tl_facts *facts); /* no timer is left, nothing to warn of */

bool tl_facts_live(const struct tl_timer *timer); /* counts as one that was not stopped */

/* Of the trace in memory, by index; NULL if there is none. */
const struct tl_stack *tl_facts_stack(uint32_t index);
const struct tl_frame *tl_facts_frame(uint32_t index);
const struct tl_module *tl_facts_module(uint32_t index);

#endif
