/* SPDX-License-Identifier: MIT */
#include "symbolize_scopes.h"
#include "util.h"

#include <dwarf.h>
#include <stdlib.h>

#define NESTING_MAX 200	       /* bounds the recursion over a bad file */
#define SCOPES_MAX  (1u << 22) /* bounds the memory that it can ask for */

bool symbolize_is_scope_of_names(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_enumeration_type;
}

/* Classes, and so lambdas, may be local to a block. */
static bool is_scope(int tag)
{
	return symbolize_is_scope_of_names(tag) || tag == DW_TAG_subprogram ||
	       tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

static void add_children(struct scope_index *index, Dwarf_Die *of, size_t parent, int depth)
{
	Dwarf_Die child;

	if (depth >= NESTING_MAX || dwarf_child(of, &child) != 0)
		return;
	do {
		if (!is_scope(dwarf_tag(&child)))
			continue;
		if (index->count >= SCOPES_MAX ||
		    !array_grow(&index->scopes, index->count, &index->capacity,
				sizeof(*index->scopes)))
			return;
		index->scopes[index->count] = (struct scope){child, parent};
		add_children(index, &child, index->count++, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

void scope_index_build(struct scope_index *index, Dwarf_CU *unit)
{
	Dwarf_Die die;

	*index = (struct scope_index){.scopes = NULL};
	if (dwarf_cu_die(unit, &die, NULL, NULL, NULL, NULL, NULL, NULL))
		add_children(index, &die, SCOPE_NONE, 0);
}

void scope_index_free(struct scope_index *index)
{
	free(index->scopes);
	*index = (struct scope_index){.scopes = NULL};
}

size_t scope_index_find(const struct scope_index *index, const Dwarf_Die *die)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->scopes[middle].die.addr == die->addr)
			return middle;
		if (index->scopes[middle].die.addr < die->addr)
			low = middle + 1;
		else
			high = middle;
	}
	return SCOPE_NONE;
}
