/* SPDX-License-Identifier: MIT */
/*
 * symbolize_units.h - the compilation units of one object: which of them an address belongs to,
 * and what was indexed of those that were asked for.
 */
#ifndef ANALYZER_SYMBOLIZE_UNITS_H
#define ANALYZER_SYMBOLIZE_UNITS_H

#include "symbolize_index.h"
#include "symbolize_scopes.h"

/* All zero is one of which nothing is known yet. */
struct unit_index {
	struct die_ranges units;
	bool read;
	struct unit_functions *functions;
	struct unit_scopes *scopes;
};

void unit_index_free(struct unit_index *index);

/* The unit that has the address in its ranges; false if none has. */
bool unit_index_find(struct unit_index *index, Dwarf *dwarf, uint64_t address, Dwarf_Die *unit);

/* The functions of a unit; NULL on lack of memory. */
const struct die_ranges *unit_index_functions(struct unit_index *index, Dwarf_Die *unit);

/* What functions of that unit are in; NULL on lack of memory. */
const struct scope_index *unit_index_scopes(struct unit_index *index, Dwarf_CU *unit);

#endif
