/* SPDX-License-Identifier: MIT */
#include "timeline.h"

static uint32_t capped(uint64_t count)
{
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static void merge(struct tl_point *into, const struct tl_point *later)
{
	if (!later->high)
		return;
	into->live = later->live;
	if (later->high > into->high)
		into->high = later->high;
}

/* In place: no point moves up. */
static void double_intervals(struct tl_site *site)
{
	uint64_t first = site->line_first;

	tl_store_release(&site->line_begin, site->line_begin + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < TL_POINTS; i++) {
		struct tl_point point = site->line[i];

		site->line[i] = (struct tl_point){0};
		merge(&site->line[((first + i) >> 1) - (first >> 1)], &point);
	}
	site->line_first = first >> 1;
	site->line_shift++;
	tl_store_release(&site->line_end, site->line_begin);
}

static uint64_t index_at(const struct tl_site *site, uint64_t now)
{
	uint64_t interval = now >> site->line_shift;

	return interval < site->line_first ? 0 : interval - site->line_first;
}

void tl_timeline_add(struct tl_site *site, uint64_t before, uint64_t live, uint64_t now)
{
	struct tl_point *point;

	if (!site->line_shift) {
		site->line_first = now >> TL_POINT_SHIFT;
		tl_store_release(&site->line_shift, TL_POINT_SHIFT);
	}
	while (index_at(site, now) >= TL_POINTS)
		double_intervals(site);
	point = &site->line[index_at(site, now)];
	if (!point->high)
		tl_store(&point->high, capped(before));
	tl_store(&point->live, capped(live));
	if (capped(live) > point->high)
		tl_store(&point->high, capped(live));
}
