/* SPDX-License-Identifier: MIT */
/*
 * group_detail.h - what the evidence against the timers of an entry was: who holds them, what was
 * freed, and by whom.
 */
#ifndef ANALYZER_GROUP_DETAIL_H
#define ANALYZER_GROUP_DETAIL_H

#include "group.h"

/* Where a timer comes from. */
struct detail_place {
	struct stack_index *stacks; /* the image is its current one */
	struct symbolizer *sym;
	const struct image *image;
};

/* Before the timer is counted in the entry. 0, or -1 on lack of memory. */
int group_detail_add(struct entry *entry, struct verdict verdict, const struct detail_place *place,
		     const struct timer *timer);

/* After the last timer. */
void group_detail_finish(struct entry *entry);

#endif
