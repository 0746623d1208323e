/* SPDX-License-Identifier: MIT */
#include "symbolize_index.h"
#include "symbolize_scopes.h"
#include "util.h"

#include <dwarf.h>
#include <stdlib.h>

#define NESTING_MAX 200	       /* namespaces and classes; bounds the recursion over a bad file */
#define RANGES_MAX  (1u << 20) /* bounds the memory that a bad file can ask for */

static void add_function(struct function_index *index, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		if (start >= end)
			continue;
		if (index->count >= RANGES_MAX ||
		    !array_grow(&index->ranges, index->count, &index->capacity,
				sizeof(*index->ranges)))
			return;
		index->ranges[index->count++] = (struct function_range){start, end, *die};
	}
}

static void add_children(struct function_index *index, Dwarf_Die *parent, int depth)
{
	Dwarf_Die child;
	int tag;

	if (depth >= NESTING_MAX || dwarf_child(parent, &child) != 0)
		return;
	do {
		tag = dwarf_tag(&child);
		if (tag == DW_TAG_subprogram)
			add_function(index, &child);
		else if (symbolize_is_scope_of_names(tag))
			add_children(index, &child, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

static int by_start(const void *a, const void *b)
{
	const struct function_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void function_index_build(struct function_index *index, Dwarf_Die *unit)
{
	*index = (struct function_index){.unit = *unit};
	add_children(index, unit, 0);
	if (index->count)
		qsort(index->ranges, index->count, sizeof(*index->ranges), by_start);
}

void function_index_free(struct function_index *index)
{
	free(index->ranges);
	*index = (struct function_index){.ranges = NULL};
}

Dwarf_Die *function_index_find(struct function_index *index, uint64_t address)
{
	size_t low = 0, high = index->count;

	/* The last that starts at or before the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < index->ranges[low - 1].end ? &index->ranges[low - 1].die : NULL;
}
