/* SPDX-License-Identifier: MIT */
#include "symbolize_index.h"
#include "symbolize_scopes.h"

#include <dwarf.h>

#define NESTING_MAX 200 /* namespaces and classes; bounds the recursion over a bad file */

static void add_children(struct die_ranges *functions, Dwarf_Die *parent, int depth)
{
	Dwarf_Die child;
	int tag;

	if (depth >= NESTING_MAX || dwarf_child(parent, &child) != 0)
		return;
	do {
		tag = dwarf_tag(&child);
		if (tag == DW_TAG_subprogram)
			die_ranges_add(functions, &child);
		else if (symbolize_is_scope_of_names(tag))
			add_children(functions, &child, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

void function_index_build(struct die_ranges *functions, Dwarf_Die *unit)
{
	*functions = (struct die_ranges){0};
	add_children(functions, unit, 0);
	die_ranges_sort(functions);
}

Dwarf_Die *function_index_find(const struct die_ranges *functions, uint64_t address)
{
	size_t before = die_ranges_before(functions, address);
	struct die_range *last = before ? &functions->list[before - 1] : NULL;

	return last && address < last->end ? &last->die : NULL;
}
