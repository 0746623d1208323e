/* SPDX-License-Identifier: MIT */
/*
 * ties_queue.h - POSIX timers whose ties are still to be made or to go: part of ties.h.
 *
 * Making and deleting such a timer costs no lock and no system call: its slot enters a list, and
 * the tables are brought up to date when somebody is about to ask them something: of a block with a
 * tie that is freed or moved; of all, at the end. Until then the slot of one that was stopped is
 * not reused.
 *
 * Async-signal-safe. errno is the caller's to keep.
 */
#ifndef TL_TIES_QUEUE_H
#define TL_TIES_QUEUE_H

#include "registry.h"
#include "section.h"

/* Lock-free. Its blocks are marked in the map, its flags TL_F_TIE_* say which ties. */
void tl_ties_later(struct tl_timer *timer, uint32_t slot);
/* It was stopped, and its slot is released later. From time to time the section is taken, if it is
 * not held. */
void tl_ties_ended(struct tl_timer *timer, uint32_t slot);

bool tl_ties_queued(void); /* anything */
void tl_ties_settle(void); /* section held: the tables are up to date now */
/* Takes the section, with the tables up to date as to the live block that begins there. Some of
 * what waits is settled on the way, in pieces: in between signals and other threads have their
 * turn. */
struct tl_section tl_ties_enter(uintptr_t start);

void tl_ties_queue_forked(void);

#endif
