/* SPDX-License-Identifier: MIT */
#include "heap_ahead.h"
#include "heap_numbers.h"
#include "sys.h"

#define FEW 4u /* pages that may always lie unused */

static uint32_t used, unused; /* pages of all leaves, roughly: threads may count one twice */

/* A power of 2. */
static uint32_t window(uint32_t most)
{
	uint32_t in_use = tl_load(&used), size = 1;

	while (size < most && size * 4 <= in_use)
		size *= 2;
	return tl_load(&unused) + size > in_use / 4 + FEW ? 1 : size;
}

/* How many of them are new. */
static uint32_t mark(struct tl_map_leaf *leaf, uint32_t first, uint32_t size)
{
	uint32_t fresh = 0;

	for (uint32_t page = first; page < first + size; page++) {
		uint8_t fallow = TL_MAP_FALLOW;

		fresh += __atomic_compare_exchange_n(&leaf->pages[page], &fallow, TL_MAP_AHEAD,
						     false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
	return fresh;
}

static void bring(struct tl_map_leaf *leaf, uintptr_t index, uint32_t page, uint32_t size)
{
	uint32_t first = page & ~(size - 1), cell = first << TL_MAP_PAGE_SHIFT;
	uintptr_t address = (index << TL_MAP_LEAF_SHIFT) + (uintptr_t)cell * TL_MAP_GRANULE;

	tl_add(&unused, mark(leaf, first, size));
	tl_sys_populate(&leaf->cells[cell], (size_t)size << TL_MAP_PAGE_SHIFT);
	tl_numbers_ahead(address, ((size_t)size << TL_MAP_PAGE_SHIFT) * TL_MAP_GRANULE);
}

void tl_ahead_use(struct tl_map_leaf *leaf, uintptr_t index, uint32_t page, uint32_t most)
{
	uint8_t was = tl_load(&leaf->pages[page]);

	if (was == TL_MAP_USED)
		return;
	if (was == TL_MAP_FALLOW)
		bring(leaf, index, page, window(most));
	if (__atomic_exchange_n(&leaf->pages[page], TL_MAP_USED, __ATOMIC_RELAXED) == TL_MAP_USED)
		return;
	tl_add(&used, 1);
	tl_sub(&unused, 1);
}
