/* SPDX-License-Identifier: MIT */
/*
 * symbolize_scopes.h - what the functions of one compilation unit are declared in. Debug info has
 * no way up: dwarf_getscopes_die() walks half of the unit for every answer, this walks it once.
 */
#ifndef ANALYZER_SYMBOLIZE_SCOPES_H
#define ANALYZER_SYMBOLIZE_SCOPES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>

/* A function, or what functions may be in. */
struct scope {
	Dwarf_Die die;
	size_t parent; /* SCOPE_NONE: the unit itself */
};

#define SCOPE_NONE ((size_t)-1)

struct scope_index {
	struct scope *scopes; /* as they follow each other in the unit */
	size_t count, capacity;
};

/* Has no code of its own, but clang and rustc put functions into it. */
bool symbolize_is_scope_of_names(int tag);

/* Lack of memory leaves some out. scope_index_free() is right in any case. */
void scope_index_build(struct scope_index *index, Dwarf_CU *unit);
void scope_index_free(struct scope_index *index);

/* Position of a function or scope of this unit; SCOPE_NONE if it is not there. */
size_t scope_index_find(const struct scope_index *index, const Dwarf_Die *die);

#endif
