/* SPDX-License-Identifier: MIT */
/*
 * symbolize_units.h - the compilation units of one object: which of them an address belongs to,
 * and what was indexed of those that were asked for.
 */
#ifndef ANALYZER_SYMBOLIZE_UNITS_H
#define ANALYZER_SYMBOLIZE_UNITS_H

#include "symbolize_index.h"
#include "symbolize_scopes.h"

/* A stretch of code and the unit that it was compiled from. */
struct unit_range {
	uint64_t start, end;
	uint64_t reach; /* the largest end of this one and all before it */
	size_t ordinal;
	Dwarf_Off die;
};

/* All zero is one of which nothing is known yet. */
struct unit_index {
	struct unit_range *ranges; /* by start */
	size_t range_count, range_capacity;
	bool read;
	struct function_index *functions;
	size_t functions_count, functions_capacity;
	struct scope_index *scopes;
	size_t scopes_count, scopes_capacity;
};

void unit_index_free(struct unit_index *index);

/* The unit that has the address in its ranges; false if none has. */
bool unit_index_find(struct unit_index *index, Dwarf *dwarf, uint64_t address, Dwarf_Die *unit);

/* The functions of a unit; NULL on lack of memory. */
struct function_index *unit_index_functions(struct unit_index *index, Dwarf_Die *unit);

/* What functions of that unit are in; NULL on lack of memory. */
const struct scope_index *unit_index_scopes(struct unit_index *index, Dwarf_CU *unit);

#endif
