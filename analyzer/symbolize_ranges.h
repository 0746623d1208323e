/* SPDX-License-Identifier: MIT */
/*
 * symbolize_ranges.h - stretches of code and the entries of debug info that have them: units of an
 * object, functions of a unit. One entry may have several.
 */
#ifndef ANALYZER_SYMBOLIZE_RANGES_H
#define ANALYZER_SYMBOLIZE_RANGES_H

#include <elfutils/libdw.h>
#include <stddef.h>
#include <stdint.h>

struct die_range {
	uint64_t start, end;
	uint64_t reach; /* once sorted: the largest end of this one and all before it */
	size_t ordinal; /* as they were added */
	Dwarf_Die die;
};

/* All zero is none. */
struct die_ranges {
	struct die_range *list; /* once sorted: by start, then as they were added */
	size_t count, capacity;
};

/* All that the entry has. What there is no memory for, or is too much to be true, is left out. */
void die_ranges_add(struct die_ranges *ranges, Dwarf_Die *die);
void die_ranges_sort(struct die_ranges *ranges);
void die_ranges_free(struct die_ranges *ranges);

/* Once sorted: how many start at or before the address. */
size_t die_ranges_before(const struct die_ranges *ranges, uint64_t address);

#endif
