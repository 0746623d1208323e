/* SPDX-License-Identifier: MIT */
/*
 * report_hold.h - keeps output back until it is known to be worth showing (verbosity=0).
 *
 * For the intermediate of report_spawn.h, whose descriptors are its own: standard output and error
 * go into memory, and afterwards to where they belonged, or nowhere. Where the kernel has no
 * memfd_create, nothing is kept back.
 */
#ifndef TL_REPORT_HOLD_H
#define TL_REPORT_HOLD_H

#include "base.h"

struct tl_hold {
	int memory, target; /* -1: nothing is held */
};

void tl_hold_begin(struct tl_hold *hold);
void tl_hold_end(struct tl_hold *hold, const char *silent_if);

#endif
