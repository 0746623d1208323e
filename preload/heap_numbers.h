/* SPDX-License-Identifier: MIT */
/*
 * heap_numbers.h - heap=full: the index of its stack's counters for each block.
 *
 * Leaves beside those of heap_map.h, four bytes for 16 bytes of address space. The same rules: one
 * owner a block, no lock. Numbers of the parent mean nothing in the child of a fork. Async-signal-
 * safe.
 */
#ifndef TL_HEAP_NUMBERS_H
#define TL_HEAP_NUMBERS_H

#include "base.h"

bool tl_numbers_init(void);
bool tl_numbers_set(uintptr_t address, uint32_t heap); /* false: no memory */
/* Blocks are about to be entered between there and address + size, in one leaf of heap_map.h. */
void tl_numbers_ahead(uintptr_t address, size_t size);
/* Memory was locked: not this, and what no block uses of it is given back. */
void tl_numbers_unlock(void);
void tl_numbers_give_back(uintptr_t address, size_t size);
uint32_t tl_numbers_get(uintptr_t address); /* TL_NONE: none, or the parent's */
uint32_t tl_numbers_take(uintptr_t address);
void tl_numbers_forked(void);

#endif
