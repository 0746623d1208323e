/* SPDX-License-Identifier: MIT */
#include "symbolize_units.h"

#include <stdlib.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct unit_functions {
	const void *unit; /* where its entry is */
	struct die_ranges functions;
	UT_hash_handle hh;
};

struct unit_scopes {
	Dwarf_CU *unit;
	struct scope_index scopes;
	UT_hash_handle hh;
};

void unit_index_free(struct unit_index *index)
{
	struct unit_functions *functions, *next_functions;
	struct unit_scopes *scopes, *next_scopes;

	HASH_ITER (hh, index->functions, functions, next_functions) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(index->functions, functions);
		die_ranges_free(&functions->functions);
		free(functions);
	}
	HASH_ITER (hh, index->scopes, scopes, next_scopes) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(index->scopes, scopes);
		scope_index_free(&scopes->scopes);
		free(scopes);
	}
	die_ranges_free(&index->units);
	*index = (struct unit_index){0};
}

/* ---- which unit --------------------------------------------------------------------------- */

static void read_units(struct unit_index *index, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	index->read = true;
	while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0)
		die_ranges_add(&index->units, &unit);
	die_ranges_sort(&index->units);
}

/* Of several, the first in the file: of functions that the linker dropped, ranges overlap. */
bool unit_index_find(struct unit_index *index, Dwarf *dwarf, uint64_t address, Dwarf_Die *unit)
{
	const struct die_range *found = NULL, *list;
	size_t i;

	if (!index->read)
		read_units(index, dwarf);
	list = index->units.list;
	for (i = die_ranges_before(&index->units, address); i-- > 0 && list[i].reach > address;)
		if (list[i].end > address && (!found || list[i].ordinal < found->ordinal))
			found = &list[i];
	if (found)
		*unit = found->die;
	return found;
}

/* ---- what is in it ------------------------------------------------------------------------ */

const struct die_ranges *unit_index_functions(struct unit_index *index, Dwarf_Die *unit)
{
	struct unit_functions *found;

	HASH_FIND_PTR(index->functions, &unit->addr, found);
	if (found)
		return &found->functions;
	found = calloc(1, sizeof(*found));
	if (!found)
		return NULL;
	found->unit = unit->addr;
	HASH_ADD_PTR(index->functions, unit, found);
	if (!found->hh.tbl) {
		free(found);
		return NULL;
	}
	function_index_build(&found->functions, unit);
	return &found->functions;
}

const struct scope_index *unit_index_scopes(struct unit_index *index, Dwarf_CU *unit)
{
	struct unit_scopes *found;

	HASH_FIND_PTR(index->scopes, &unit, found);
	if (found)
		return &found->scopes;
	found = calloc(1, sizeof(*found));
	if (!found)
		return NULL;
	found->unit = unit;
	HASH_ADD_PTR(index->scopes, unit, found);
	if (!found->hh.tbl) {
		free(found);
		return NULL;
	}
	scope_index_build(&found->scopes, unit);
	return &found->scopes;
}
