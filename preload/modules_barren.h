/* SPDX-License-Identifier: MIT */
/*
 * modules_barren.h - a range of addresses where no object is: part of modules.h.
 *
 * Where handles lie on the heap it is asked of each whether it lies in an object. The last no holds
 * for all of an aligned range around it, as long as the table of objects is what it was: `seen` is
 * the number of its state. Async-signal-safe, without a lock.
 */
#ifndef TL_MODULES_BARREN_H
#define TL_MODULES_BARREN_H

#include "base.h"

/* For the functions below alone. One word, so that it is read whole: from bit 32 on the beginning
 * of the range without its 16 lowest bits, then `seen`, then the logarithm of the size. 0: none. */
TL_EXTERN uint64_t tl_barren_range;
#define TL_BARREN_LEAST 16u
#define TL_BARREN_SEEN	0x3ffffffu

/* true: no object is there. false: it is not known. */
static inline bool tl_barren(uintptr_t address, uint32_t seen)
{
	uint64_t word = tl_load(&tl_barren_range);
	unsigned shift = word & 63;

	return shift && address >> shift == word >> 32 << TL_BARREN_LEAST >> shift &&
	       (word >> 6 & TL_BARREN_SEEN) == (seen & TL_BARREN_SEEN);
}

/* No object has any address of [start, end), in which `address` lies. */
void tl_barren_remember(uintptr_t address, uint32_t seen, uintptr_t start, uintptr_t end);
void tl_barren_forget(void); /* the numbers begin anew */

#endif
