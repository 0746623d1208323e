/* SPDX-License-Identifier: MIT */
/*
 * loader_gate.h - who is inside libunwind or the loader's list of modules on our behalf.
 *
 * Both have locks of their own. A fork while another thread holds one leaves a child in which it is
 * never released, and the child's next new stack waits for ever. So fork waits until nobody is in
 * there, and keeps everybody out until it is done; a child of a fork that no handler saw does
 * not go in any more. Async-signal-safe: the waiting is a short sleep.
 */
#ifndef TL_LOADER_GATE_H
#define TL_LOADER_GATE_H

#include "base.h"

/* Inside, all signals are blocked; mask is the thread's, to be put back. false: must not go in (the
 * child of an unseen fork). */
bool tl_gate_enter(uint64_t *mask);
void tl_gate_leave(uint64_t mask);
/* The same without masking, which costs two system calls: for calls that no handler may jump out of
 * anyway, as those of malloc. */
bool tl_gate_enter_plain(void);
void tl_gate_leave_plain(void);

/* Around fork, all signals blocked. */
void tl_gate_close(void);
void tl_gate_open(void);

void tl_gate_forked(bool seen); /* in the child */

/* This thread is in a callback of the host's dl_iterate_phdr, with the loader's lock in its hands:
 * libunwind's own may belong to a thread that waits for the former. Never unwind then. */
TL_EXTERN TL_TLS uint32_t tl_gate_iterating;

#endif
