/* SPDX-License-Identifier: MIT */
/*
 * reach.h - who still leads to the blocks that timers hang on, and what the timers keep alive.
 *
 * Conservative marking over the map of live blocks: every aligned word of the storage that counts
 * is taken for a pointer, into the middle of a block too. It runs in a copy-on-write child that
 * nobody but us can wait for (raw clone, no exit signal), so that it may crash or run out of time
 * alone; its results come back through shared memory. Part of the audit: fills in marks (facts,
 * holder, retained), sites (retained_at, left_*) and the header; TL_EV_HEAP, TL_EV_REACH and
 * TL_EV_REACH_CUT say what that is worth.
 */
#ifndef TL_REACH_H
#define TL_REACH_H

struct tl_audit;

void tl_reach_run(struct tl_audit *a);

#endif
