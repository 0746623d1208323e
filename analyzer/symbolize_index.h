/* SPDX-License-Identifier: MIT */
/*
 * symbolize_index.h - the functions of one compilation unit by address: walking all of a unit's
 * entries for every address takes milliseconds in big ones.
 */
#ifndef ANALYZER_SYMBOLIZE_INDEX_H
#define ANALYZER_SYMBOLIZE_INDEX_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One stretch of a function's code; a function may have several (.cold). */
struct function_range {
	uint64_t start, end;
	Dwarf_Die die;
};

struct function_index {
	Dwarf_Die unit;		       /* of which it is the index */
	struct function_range *ranges; /* by start */
	size_t count, capacity;
};

/* Lack of memory leaves functions out. function_index_free() is right in any case. */
void function_index_build(struct function_index *index, Dwarf_Die *unit);
void function_index_free(struct function_index *index);

/* The function that covers the address; NULL if there is none. */
Dwarf_Die *function_index_find(struct function_index *index, uint64_t address);

#endif
