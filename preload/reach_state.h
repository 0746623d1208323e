/* SPDX-License-Identifier: MIT */
/*
 * reach_state.h - what the parts of reach share. All of it lives in the child, but for what is
 * marked: results are shared with the parent, roots are filled in by it before the clone.
 *
 * The child is a copy of the process with one thread. It may read whatever is mapped, without a
 * lock; where a read faults, a handler of the child's own makes the page readable, or jumps over it
 * (a file that was cut).
 */
#ifndef TL_REACH_STATE_H
#define TL_REACH_STATE_H

#include "audit_state.h"
#include "heap_map.h"
#include "unwind.h"
#include <setjmp.h>

/* ---- results, in shared memory ---- */

struct tl_reach_timer {
	uint64_t retained;
	uint32_t facts;
	bool held; /* by a block that storage which counts leads to */
};

struct tl_reach_site {
	struct tl_retained at[TL_RETAINED_AT], left_at;
	uint64_t left_blocks, left_bytes;
};

struct tl_reach_results {
	uint32_t done; /* stored last */
	uint32_t cut;
	uint64_t live_blocks, live_bytes;
	/* then a tl_reach_timer a slot, a tl_reach_site a site */
};

/* ---- blocks ---- */

enum tl_reach_flag {
	TL_R_COUNTS = 0x1,	/* storage that counts leads to it */
	TL_R_ANY = 0x2,		/* other writable memory does */
	TL_R_WITHOUT = 0x4,	/* something does without passing a timer's block */
	TL_R_TIMER = 0x8,	/* a live timer's place or payload lies here */
	TL_R_OPAQUE = 0x10,	/* the libc's own of a SIGEV_THREAD timer: leads nowhere */
	TL_R_HIT_COUNTS = 0x20, /* a timer's block that COUNTS, or ANY, came to and stopped at */
	TL_R_HIT_ANY = 0x40,
	TL_R_COUNTED = 0x80, /* in somebody's retained bytes */
	/* Of glibc's: where it lies. */
	TL_R_OWN_MAPPING = 0x100,
	TL_R_IN_ARENA = 0x200, /* that is not the main one */
};

struct tl_reach_blocks {
	uintptr_t *start; /* ascending */
	uint64_t *size;	  /* usable; one word where it could not be asked for */
	uint16_t *flags;
	uint32_t count;
	uint32_t tail; /* bytes at the end of a block that a pointer to it does not mean */
	/* For each leaf of the map with blocks: index of the first block at or after each page. */
	uint32_t **first;
	uint32_t crossing[64], crossings; /* blocks that reach into another leaf */
	uintptr_t low, high;		  /* of all */
};
#define TL_R_NO_BLOCK UINT32_MAX

struct tl_reach_range {
	uintptr_t from, to;
	bool shared; /* memory */
};

struct tl_reach_map {
	uintptr_t from, to;
	bool writable, shared, heap; /* writable: memory, no device */
};

struct tl_reach {
	struct tl_audit *a;
	struct tl_reach_results *results;
	struct tl_reach_timer *timers;
	struct tl_reach_site *sites;
	uint32_t timer_count, site_count;
	uint64_t deadline;

	/* By the parent: the caller of exit(), or where to begin if that is not known. */
	struct tl_outer_frame caller;
	uintptr_t thread_pointer;
	bool in_libc; /* the allocator is the libc's */

	struct tl_reach_blocks blocks;
	struct tl_audit_list roots;  /* struct tl_reach_range: storage that counts */
	struct tl_audit_list others; /* the rest of writable memory */
	struct tl_audit_list holes;  /* of the others: ours, and dead stacks */
	uintptr_t arena;	     /* the one asked about last */
	bool is_arena;

	/* Marking: words from at to end, then roots from next on, then blocks on the stack. */
	volatile uintptr_t at, end;
	volatile bool shared;
	volatile size_t next;
	const struct tl_audit_list *from;
	uint32_t *stack; /* as many as there are blocks */
	volatile uint32_t depth;
	uint8_t set, stop, hit; /* flags; hit 0: timers' blocks are entered */
	uint64_t sum;		/* bytes of what was set */
	void (*found)(struct tl_reach *r, uint32_t block); /* or NULL */
	void *data;
	uint32_t ticks;
	bool late;
	int maps, pagemap; /* of the parent: opened before the clone, -1: not to be had */

	struct tl_reach_map absent[1024]; /* mappings that are the parent's alone */
	uint32_t absent_count;

	jmp_buf guard;
	volatile bool guarded;
	volatile uint32_t step;		   /* of a loop that is guarded */
	volatile uintptr_t fault, brought; /* pages */
};

/* reach_guard.c: runs work again and again until it comes to its end; after a fault that cannot be
 * helped first recovers. */
void tl_reach_guard_init(void);
void tl_reach_guarded(struct tl_reach *r, void (*work)(struct tl_reach *),
		      void (*recover)(struct tl_reach *));

/* reach_maps.c. Absent ones are taken before all; false if that could not be done. bring_in makes a
 * page readable that faulted. The next map comes from the audit's open lines. */
bool tl_reach_take_absent(struct tl_reach *r);
bool tl_reach_bring_in(struct tl_reach *r, uintptr_t page);
bool tl_reach_next_map(struct tl_reach *r, struct tl_reach_map *map);
bool tl_reach_mapping(struct tl_reach *r, uintptr_t address, uintptr_t *low, uintptr_t *high);

/* reach_blocks.c: false if there is no memory for the table. */
bool tl_reach_blocks(struct tl_reach *r);
uint32_t tl_reach_find(const struct tl_reach_blocks *b, uintptr_t address);

/* reach_roots.c, reach_space.c */
bool tl_reach_roots(struct tl_reach *r);
bool tl_reach_others(struct tl_reach *r);
bool tl_reach_space_init(struct tl_reach *r); /* memory for the lists of ranges, before all */
void tl_reach_push(struct tl_audit_list *list, uintptr_t from, uintptr_t to, bool shared);

/* reach_mark.c: from the ranges of a list, or from blocks that are pushed. */
void tl_reach_mark_ranges(struct tl_reach *r, const struct tl_audit_list *list);
void tl_reach_enter(struct tl_reach *r, uint32_t block); /* sets its flags and pushes it */
void tl_reach_mark_pushed(struct tl_reach *r);
bool tl_reach_late(struct tl_reach *r);

/* reach_verdict.c, reach_retain.c: what the marks say */
void tl_reach_judge(struct tl_reach *r);
void tl_reach_retain(struct tl_reach *r);

/* reach_child.c */
void tl_reach_child(struct tl_reach *r);

/* The live timer of a slot, as it was when the audit began; NULL if there is none. */
static inline struct tl_timer *tl_reach_slot(struct tl_reach *r, uint32_t slot,
					     struct tl_audit_mark **mark)
{
	struct tl_timer *t = tl_audit_slot(r->a, slot, TL_POSIX, mark);

	if (!t)
		t = tl_audit_slot(r->a, slot, TL_TIMERFD, mark);
	return t && !((*mark)->facts & TL_FACT_GONE) ? t : NULL;
}

#endif
