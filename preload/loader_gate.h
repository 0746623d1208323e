/* SPDX-License-Identifier: MIT */
/*
 * loader_gate.h - who is inside libunwind or the loader's list of modules on our behalf.
 *
 * Both have locks of their own. A fork while another thread holds one leaves a child in which it is
 * never released, and the child's next new stack waits for ever. So fork waits until nobody is in
 * there, and keeps everybody out until it is done; a child of a fork that no handler saw asks
 * tl_gate_clean before it goes in. Async-signal-safe: the waiting is a yield.
 */
#ifndef TL_LOADER_GATE_H
#define TL_LOADER_GATE_H

#include "base.h"

bool tl_gate_enter(void); /* false: must not go in (the child of an unseen fork) */
void tl_gate_leave(void);

/* Around fork, all signals blocked. What this thread itself was in the midst of is no obstacle:
 * libunwind blocks signals while it holds its lock. */
void tl_gate_close(void);
void tl_gate_open(void);

void tl_gate_forked(bool seen); /* in the child */

#endif
