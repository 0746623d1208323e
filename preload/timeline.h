/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - how many timers of a site live, over time, in room that does not grow: when the
 * points of the series (tl_site.line) are used up, each comes to stand for twice the time.
 */
#ifndef TL_TIMELINE_H
#define TL_TIMELINE_H

#include "base.h"
#include "tl_format.h"

/* Another timer of the site was made or stopped at `now`, in ns since 1970. Lock-free but where
 * intervals double. Of threads that come at the same time the last need not be the one whose `live`
 * stays: who reads takes what the site counts for what the last point says. */
void tl_timeline_add(struct tl_site *site, uint64_t before, uint64_t live, uint64_t now);

#endif
