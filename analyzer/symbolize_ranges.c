/* SPDX-License-Identifier: MIT */
#include "symbolize_ranges.h"
#include "util.h"

#include <stdlib.h>

/* An entry may name any number of ranges: a bad file must not fill the memory. */
#define RANGES_MAX (1u << 20)

void die_ranges_add(struct die_ranges *ranges, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		if (start >= end)
			continue;
		if (ranges->count >= RANGES_MAX ||
		    !array_grow(&ranges->list, ranges->count, &ranges->capacity,
				sizeof(*ranges->list)))
			return;
		ranges->list[ranges->count] =
		    (struct die_range){start, end, end, ranges->count, *die};
		ranges->count++;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct die_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->ordinal < y->ordinal ? -1 : 1;
}

void die_ranges_sort(struct die_ranges *ranges)
{
	size_t i;

	if (ranges->count)
		qsort(ranges->list, ranges->count, sizeof(*ranges->list), by_start);
	for (i = 1; i < ranges->count; i++)
		if (ranges->list[i].reach < ranges->list[i - 1].reach)
			ranges->list[i].reach = ranges->list[i - 1].reach;
}

void die_ranges_free(struct die_ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct die_ranges){0};
}

size_t die_ranges_before(const struct die_ranges *ranges, uint64_t address)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->list[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
