/* SPDX-License-Identifier: MIT */
#include "timeline.h"
#include "alone.h"
#include "section.h"

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
	tl_store(&site->line_first, first >> 1);
	tl_store(&site->line_shift, site->line_shift + 1);
	tl_store_release(&site->line_end, site->line_begin);
}

static uint64_t index_at(const struct tl_site *site, uint64_t now)
{
	uint64_t interval = now >> tl_load(&site->line_shift), first = tl_load(&site->line_first);

	return interval < first ? 0 : interval - first;
}

/* What there was when an interval began counts as its highest. */
static void set_point(struct tl_point *point, uint32_t before, uint32_t live)
{
	uint32_t most = tl_load(&point->high) || live > before ? live : before;

	tl_store(&point->live, live);
	tl_quick_raise(&point->high, most);
}

/* Changes what the points stand for, so that there is one for `now`. */
static TL_NOINLINE void make_room(struct tl_site *site, uint64_t now)
{
	struct tl_section section = tl_section_enter_again();

	if (!site->line_shift) {
		site->line_first = now >> TL_POINT_SHIFT;
		tl_store_release(&site->line_shift, TL_POINT_SHIFT);
	}
	while (index_at(site, now) >= TL_POINTS)
		double_intervals(site);
	tl_section_leave(&section);
}

/* The point for `now`, if there is one. */
static uint64_t point_at(const struct tl_site *site, uint32_t version, uint64_t now)
{
	if (version == tl_load_acquire(&site->line_begin) && tl_load_acquire(&site->line_shift))
		return index_at(site, now);
	return TL_POINTS;
}

/* What was stored while the points changed their meaning may be lost: once more. */
TL_HOT void tl_timeline_add(struct tl_site *site, uint64_t before, uint64_t live, uint64_t now)
{
	uint32_t version;
	uint64_t i;

	do {
		version = tl_load_acquire(&site->line_end);
		i = point_at(site, version, now);
		if (tl_unlikely(i >= TL_POINTS)) {
			make_room(site, now);
			i = index_at(site, now) % TL_POINTS;
		}
		set_point(&site->line[i], capped(before), capped(live));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (tl_unlikely(tl_load(&site->line_begin) != version));
}
