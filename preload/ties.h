/* SPDX-License-Identifier: MIT */
/*
 * ties.h - the heap blocks that timers hang on: where a handle was written to, and what a
 * notification points to.
 *
 * A block that a tie leads to is marked in the map (TL_MAP_TIED), so that only frees of such
 * blocks come here. A place moves with realloc; a payload does not, since the kernel keeps the old
 * address. What is freed inside exit() proves nothing. The payload of a timer that was stopped
 * stays known until it is freed: nobody may be left who could. Ties of POSIX timers come and go by
 * the queue of ties_queue.h, which is settled before anything is asked here.
 *
 * Section held where it says so; the others take it. errno is the caller's to keep.
 */
#ifndef TL_TIES_H
#define TL_TIES_H

#include "heap_map.h"
#include "registry.h"

enum tl_tie_role { TL_TIE_PLACE, TL_TIE_PAYLOAD, TL_TIE_ROLES };

/* The live block around the address; false with the heap off. */
bool tl_ties_block(uintptr_t address, struct tl_block *block);

/* Section held. The ties that its flags TL_F_TIE_* ask for. `over` is the live timer whose handle
 * stood in its place before, TL_NO_REF: none. */
void tl_ties_make(struct tl_ref ref, struct tl_ref over);
/* Section held. Its notification carries this value now: a tie if that points into a live block.
 * What was known of the former one is over. 0: it carries none. */
void tl_ties_payload(struct tl_ref ref, uint64_t payload);
/* Section held. The timer in that slot was stopped. */
void tl_ties_stopped(uint32_t slot);

/* Before the block goes back to the allocator; it leaves the map. */
void tl_ties_freed(uintptr_t start);

/* Around a realloc of it; `to` is 0 if it was freed. It leaves the map at the beginning. */
struct tl_ties_move {
	void *block;
	uint32_t
	    forks; /* in the child of one that a handler made meanwhile there is no such block */
};
void tl_ties_move_begin(struct tl_ties_move *move, uintptr_t start);
void tl_ties_move_end(struct tl_ties_move *move, uintptr_t to, bool failed);

/* Around dlclose; begin tells whether there is anything that may be lost. */
bool tl_ties_unload_begin(void);
void tl_ties_unload_end(void);

/* For the end of the process; section held. */
bool tl_ties_any(void);					    /* also in the queue */
uintptr_t tl_ties_of(uint32_t slot, enum tl_tie_role role); /* its block, 0 if there is none */
void tl_ties_each_left(void (*visit)(void *, uintptr_t block, uint32_t site), void *data);

void tl_ties_forked(void);
uint32_t tl_ties_forks(void); /* how often */

#endif
