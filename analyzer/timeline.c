/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <stdlib.h>

bool timeline_known(const struct timeline *timeline)
{
	return !timeline->unknown && timeline->shift;
}

/* ---- one image ---------------------------------------------------------------------------- */

/* Whole, and such that no number below overflows. */
static bool is_sane(const struct tl_site *site)
{
	return site->line_begin == site->line_end && site->line_shift >= TL_POINT_SHIFT &&
	       site->line_shift < 58 && site->line_first < UINT64_MAX >> site->line_shift;
}

static uint64_t end_since_1970(const struct image *image)
{
	const struct tl_header *header = &image->header;

	return image_end_time(image) + (header->start_realtime - header->start);
}

static uint64_t last_touched(const struct tl_site *site)
{
	size_t i, last = 0;

	for (i = 0; i < TL_POINTS; i++)
		if (site->line[i].high)
			last = i;
	return site->line_first + last;
}

/* Intervals in which nothing happened go on as the one before ended. */
static void carry_on(struct timeline *one, size_t *at, size_t to, uint64_t live)
{
	while (*at < to) {
		one->live[(*at)++] = live;
		one->high[*at] = live;
	}
}

static void fill(struct timeline *one, const struct tl_site *site)
{
	unsigned coarser = one->shift - site->line_shift;
	uint64_t live = 0;
	size_t i, at = 0;

	for (i = 0; i < TL_POINTS; i++) {
		const struct tl_point *point = &site->line[i];

		if (!point->high)
			continue;
		carry_on(one, &at, (size_t)(((site->line_first + i) >> coarser) - one->first),
			 live);
		if (point->high > one->high[at])
			one->high[at] = point->high;
		live = point->live;
	}
	carry_on(one, &at, one->count - 1, live);
	one->left = live;
}

/* The series of one image, up to its end, in intervals as long as that takes. */
static void expand(struct timeline *one, const struct image *image, const struct tl_site *site)
{
	uint64_t last = last_touched(site), end = end_since_1970(image) >> site->line_shift;

	if (end > last)
		last = end;
	*one = (struct timeline){.shift = site->line_shift, .first = site->line_first};
	while (last - one->first >= TL_POINTS) {
		one->shift++;
		one->first >>= 1;
		last >>= 1;
	}
	one->count = (size_t)(last - one->first) + 1;
	one->end = end_since_1970(image);
	fill(one, site);
	if (image->alive)
		one->alive = one->left;
}

/* ---- all of them -------------------------------------------------------------------------- */

static void coarsen(struct timeline *line, uint32_t shift)
{
	unsigned by = shift - line->shift;
	uint64_t first = line->first >> by;
	size_t i, to = 0;

	if (!by)
		return;
	for (i = 0; i < line->count; i++) {
		uint64_t live = line->live[i], high = line->high[i];

		to = (size_t)(((line->first + i) >> by) - first);
		line->live[i] = line->high[i] = 0;
		line->live[to] = live;
		/* An interval's own value is already there where more come to it. */
		if (high > line->high[to])
			line->high[to] = high;
	}
	line->shift = shift;
	line->first = first;
	line->count = to + 1;
}

static uint64_t last_of(const struct timeline *line, uint32_t shift)
{
	return (line->first + line->count - 1) >> (shift - line->shift);
}

static uint64_t first_of(const struct timeline *line, uint32_t shift)
{
	return line->first >> (shift - line->shift);
}

/* The finest step at which both fit into one series. */
static uint32_t common_shift(const struct timeline *a, const struct timeline *b)
{
	uint32_t shift = a->shift > b->shift ? a->shift : b->shift;

	for (;; shift++) {
		uint64_t first = first_of(a, shift), last = last_of(a, shift);

		if (first_of(b, shift) < first)
			first = first_of(b, shift);
		if (last_of(b, shift) > last)
			last = last_of(b, shift);
		if (last - first < TL_POINTS)
			return shift;
	}
}

/* Makes the series begin at `first` and be `count` long. */
static void widen(struct timeline *line, uint64_t first, size_t count)
{
	size_t by = (size_t)(line->first - first), i;

	for (i = line->count; by && i-- > 0;) {
		line->live[i + by] = line->live[i];
		line->high[i + by] = line->high[i];
		line->live[i] = line->high[i] = 0;
	}
	line->first = first;
	line->count = count;
}

static void add_up(struct timeline *sum, struct timeline *one)
{
	uint32_t shift = common_shift(sum, one);
	uint64_t first, last;
	size_t i;

	coarsen(sum, shift);
	coarsen(one, shift);
	first = sum->first < one->first ? sum->first : one->first;
	last =
	    last_of(sum, shift) > last_of(one, shift) ? last_of(sum, shift) : last_of(one, shift);
	widen(sum, first, (size_t)(last - first) + 1);
	widen(one, first, (size_t)(last - first) + 1);
	for (i = 0; i < sum->count; i++) {
		sum->live[i] += one->live[i];
		if (one->high[i] > sum->high[i])
			sum->high[i] = one->high[i];
	}
}

void timeline_add(struct timeline *sum, const struct image *image, const struct tl_site *site)
{
	struct timeline one;

	if (!site->created)
		return;
	if (!is_sane(site)) {
		sum->unknown = true;
		return;
	}
	expand(&one, image, site);
	if (!sum->shift) {
		one.unknown = sum->unknown;
		*sum = one;
		return;
	}
	add_up(sum, &one);
	sum->alive += one.alive;
	if (one.end == sum->end)
		sum->left += one.left;
	if (one.end > sum->end) {
		sum->end = one.end;
		sum->left = one.left;
	}
}

void timeline_finish(struct timeline *sum)
{
	if (sum->shift)
		sum->live[sum->count - 1] += sum->alive ? sum->alive : sum->left;
}

/* ---- while it is added up ----------------------------------------------------------------- */

static int write_down(struct timeline_sum *sum)
{
	if (sum->line)
		return 0;
	sum->line = calloc(1, sizeof(*sum->line));
	if (!sum->line)
		return -1;
	if (sum->image)
		timeline_add(sum->line, sum->image, sum->site);
	sum->image = NULL;
	return 0;
}

int timeline_sum_add(struct timeline_sum *sum, const struct image *image,
		     const struct tl_site *site)
{
	if (!site->created)
		return 0;
	if (!sum->line && !sum->image && !image->read_again) {
		sum->image = image;
		sum->site = site;
		return 0;
	}
	if (write_down(sum))
		return -1;
	timeline_add(sum->line, image, site);
	return 0;
}

bool timeline_sum_get(const struct timeline_sum *sum, struct timeline *line)
{
	*line = (struct timeline){0};
	if (sum->line)
		*line = *sum->line;
	else if (sum->image)
		timeline_add(line, sum->image, sum->site);
	timeline_finish(line);
	return timeline_known(line);
}

void timeline_sum_free(struct timeline_sum *sum)
{
	free(sum->line);
}
