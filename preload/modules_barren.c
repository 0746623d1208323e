/* SPDX-License-Identifier: MIT */
#include "modules_barren.h"

#define MOST 46u /* of 47 or 48 bits of addresses */

uint64_t tl_barren_range;

void tl_barren_remember(uintptr_t address, uint32_t seen, uintptr_t start, uintptr_t end)
{
	uint64_t word = 0;

	if (address < start || address >= end)
		return;
	for (unsigned shift = TL_BARREN_LEAST; shift <= MOST; shift++) {
		uintptr_t from = address >> shift << shift;

		if (from < start || end - from < (uintptr_t)1 << shift)
			break;
		word =
		    from >> TL_BARREN_LEAST << 32 | (uint64_t)(seen & TL_BARREN_SEEN) << 6 | shift;
	}
	if (word)
		tl_store(&tl_barren_range, word);
}

void tl_barren_forget(void)
{
	tl_store(&tl_barren_range, 0);
}
