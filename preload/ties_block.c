/* SPDX-License-Identifier: MIT */
#include "heap.h"
#include "real.h"
#include "ties.h"

/* Handles of many timers may lie in one large block, which takes long to look through. */
static struct tl_block last_found;

/* Not even looked at if the address did not lie in it: it may be freed at this moment. */
static bool find_again(uintptr_t address, struct tl_block *block)
{
	block->start = tl_load(&last_found.start);
	if (address - block->start >= tl_load(&last_found.size) || !tl_map_get(block->start))
		return false;
	block->size = tl_real_malloc_usable_size((void *)block->start);
	return address - block->start < block->size;
}

bool tl_ties_block(uintptr_t address, struct tl_block *block)
{
	if (!address || !tl_heap_on())
		return false;
	if (find_again(address, block))
		return true;
	if (!tl_map_find(address, block))
		return false;
	tl_store(&last_found.start, block->start);
	tl_store(&last_found.size, block->size);
	return true;
}
