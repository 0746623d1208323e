/* SPDX-License-Identifier: MIT */
/*
 * symbolize_index.h - the functions of one compilation unit by address: walking all of a unit's
 * entries for every address takes milliseconds in big ones.
 */
#ifndef ANALYZER_SYMBOLIZE_INDEX_H
#define ANALYZER_SYMBOLIZE_INDEX_H

#include "symbolize_ranges.h"

/* Lack of memory leaves functions out. die_ranges_free() is right in any case. */
void function_index_build(struct die_ranges *functions, Dwarf_Die *unit);

/* The function that covers the address; NULL if there is none. */
Dwarf_Die *function_index_find(const struct die_ranges *functions, uint64_t address);

#endif
