/* SPDX-License-Identifier: MIT */
/*
 * ties_table.h - which blocks have ties, and which ties a timer has: part of ties.h.
 *
 * Everything here with the section held. What cannot be entered for want of memory is left out.
 */
#ifndef TL_TIES_TABLE_H
#define TL_TIES_TABLE_H

#include "arena.h"
#include "ties.h"

struct tl_tied {
	UT_hash_handle hh;
	uintptr_t start;
	struct tl_tie *ties;
	struct tl_spot *spots;
	uint32_t left_site; /* of the stopped timer whose payload it was; TL_NONE: of none */
};

struct tl_tie {
	UT_hash_handle hh;
	struct tl_tie_key {
		uint32_t slot, role;
	} key;
	uint32_t generation;
	bool held; /* while the block is being moved: its place held the handle */
	struct tl_tied *block;
	struct tl_tie *previous, *next; /* of the same block */
};

/* A variable in the block that places.h knows. */
struct tl_spot {
	struct tl_spot *next;
	uint64_t address;
};

struct tl_tied *tl_ties_block_at(uintptr_t start);
struct tl_tied *tl_ties_enter_block(uintptr_t start); /* new if need be; NULL: no memory */
void tl_ties_add_spot(struct tl_tied *b, uint64_t address);
void tl_ties_remove_spot(struct tl_spot **link); /* nobody knows that variable any more */
void tl_ties_remove_block(struct tl_tied *b, bool attached); /* its ties and spots, too */

/* Around a move: not found by its address meanwhile. */
void tl_ties_detach(struct tl_tied *b);
void tl_ties_attach(struct tl_tied *b, uintptr_t start);

struct tl_tie *tl_tie_of(uint32_t slot, enum tl_tie_role role);
/* The timer of ref has none of that role. NULL: no memory. */
struct tl_tie *tl_tie_add(struct tl_ref ref, enum tl_tie_role role, uintptr_t start);
void tl_tie_remove(struct tl_tie *t);
struct tl_timer *tl_tie_timer(const struct tl_tie *t); /* NULL: it has ended */

#endif
