/* SPDX-License-Identifier: MIT */
#include "symbolize_units.h"
#include "util.h"

#include <stdlib.h>

/* Debug info of one unit may name any number of ranges: a bad file must not fill the memory. */
#define RANGES_MAX (1u << 20)

void unit_index_free(struct unit_index *index)
{
	size_t i;

	for (i = 0; i < index->functions_count; i++)
		function_index_free(&index->functions[i]);
	for (i = 0; i < index->scopes_count; i++)
		scope_index_free(&index->scopes[i]);
	free(index->functions);
	free(index->scopes);
	free(index->ranges);
	*index = (struct unit_index){0};
}

/* ---- which unit --------------------------------------------------------------------------- */

static void add_unit(struct unit_index *index, Dwarf_Die *unit)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(unit, at, &base, &start, &end)) > 0) {
		if (start >= end)
			continue;
		if (index->range_count >= RANGES_MAX ||
		    !array_grow(&index->ranges, index->range_count, &index->range_capacity,
				sizeof(*index->ranges)))
			return;
		index->ranges[index->range_count] =
		    (struct unit_range){start, end, end, index->range_count, dwarf_dieoffset(unit)};
		index->range_count++;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->ordinal < y->ordinal ? -1 : 1;
}

static void read_units(struct unit_index *index, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	size_t i;

	index->read = true;
	while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0)
		add_unit(index, &unit);
	if (index->range_count)
		qsort(index->ranges, index->range_count, sizeof(*index->ranges), by_start);
	for (i = 1; i < index->range_count; i++)
		if (index->ranges[i].reach < index->ranges[i - 1].reach)
			index->ranges[i].reach = index->ranges[i - 1].reach;
}

/* The number of ranges that start at or before the address. */
static size_t count_before(const struct unit_index *index, uint64_t address)
{
	size_t low = 0, high = index->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of several, the first in the file: of functions that the linker dropped, ranges overlap. */
bool unit_index_find(struct unit_index *index, Dwarf *dwarf, uint64_t address, Dwarf_Die *unit)
{
	const struct unit_range *found = NULL;
	size_t i;

	if (!index->read)
		read_units(index, dwarf);
	for (i = count_before(index, address); i-- > 0 && index->ranges[i].reach > address;)
		if (index->ranges[i].end > address &&
		    (!found || index->ranges[i].ordinal < found->ordinal))
			found = &index->ranges[i];
	return found && dwarf_offdie(dwarf, found->die, unit);
}

/* ---- what is in it ------------------------------------------------------------------------ */

struct function_index *unit_index_functions(struct unit_index *index, Dwarf_Die *unit)
{
	struct function_index *functions;
	size_t i;

	for (i = 0; i < index->functions_count; i++)
		if (index->functions[i].unit.addr == unit->addr)
			return &index->functions[i];
	if (!array_grow(&index->functions, index->functions_count, &index->functions_capacity,
			sizeof(*index->functions)))
		return NULL;
	functions = &index->functions[index->functions_count++];
	function_index_build(functions, unit);
	return functions;
}

const struct scope_index *unit_index_scopes(struct unit_index *index, Dwarf_CU *unit)
{
	struct scope_index *scopes;
	size_t i;

	for (i = 0; i < index->scopes_count; i++)
		if (index->scopes[i].unit == unit)
			return &index->scopes[i];
	if (!array_grow(&index->scopes, index->scopes_count, &index->scopes_capacity,
			sizeof(*index->scopes)))
		return NULL;
	scopes = &index->scopes[index->scopes_count++];
	scope_index_build(scopes, unit);
	return scopes;
}
