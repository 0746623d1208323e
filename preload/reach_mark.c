/* SPDX-License-Identifier: MIT */
/*
 * Marking: from words to blocks, from blocks to words.
 *
 * No recursion: blocks that were found wait on a stack that has room for all of them, since a block
 * is pushed only when it gets a flag that it did not have.
 */
#include "reach_state.h"
#include "sys.h"
#include <sys/syscall.h>

#define PAGE   ((uintptr_t)4096)
#define LARGE  ((uintptr_t)1 << 20) /* worth asking which of its pages exist */
#define STRIDE 512		    /* pages asked about at a time */

bool tl_reach_late(struct tl_reach *r)
{
	if (!r->late && ++r->ticks % 64 == 0)
		r->late = tl_sys_now(CLOCK_MONOTONIC) > r->deadline;
	return r->late;
}

void tl_reach_enter(struct tl_reach *r, uint32_t block)
{
	struct tl_reach_blocks *b = &r->blocks;

	b->flags[block] |= r->set;
	r->sum += b->size[block];
	r->stack[r->depth] = block;
	r->depth++;
	if (r->found)
		r->found(r, block);
}

static inline void visit(struct tl_reach *r, uintptr_t word)
{
	struct tl_reach_blocks *b = &r->blocks;
	uint32_t i = tl_reach_find(b, word);

	if (tl_likely(i == TL_R_NO_BLOCK) || b->flags[i] & r->stop)
		return;
	if (r->hit && b->flags[i] & TL_R_TIMER)
		b->flags[i] |= r->hit;
	else
		tl_reach_enter(r, i);
}

static void scan_page(struct tl_reach *r)
{
	const uintptr_t *word = (const uintptr_t *)r->at;
	uintptr_t limit = (r->at & ~(PAGE - 1)) + PAGE;
	const uintptr_t *end = (const uintptr_t *)(limit < r->end ? limit : r->end);

	for (; word + 1 <= end; word++)
		visit(r, *word);
	r->at = limit;
}

/* ---- pages that hold nothing ----------------------------------------------------------------
 *
 * A fork does not copy the tables of shared memory (mm/memory.c, vma_needs_copy): none of its pages
 * would seem to exist here, and reading the missing ones would make them. So its file is asked.
 */

/* Bits 63 and 62 of an entry: present, swapped (man 5 proc_pid_pagemap). */
static bool page_exists(uint64_t entry)
{
	return entry >> 62 != 0;
}

/* How many of the first of `asked` pages are missing; asked becomes what was answered. */
static size_t missing_private(struct tl_reach *r, size_t *asked)
{
	uint64_t entries[STRIDE];
	ssize_t got = tl_sys_pread(r->pagemap, entries, *asked * 8, r->at / PAGE * 8);
	size_t n = 0;

	*asked = got > 0 ? (size_t)got / 8 : 0;
	while (n < *asked && !page_exists(entries[n]))
		n++;
	return n;
}

static size_t missing_shared(struct tl_reach *r, size_t *asked)
{
	unsigned char in_core[STRIDE];
	size_t n = 0;

	if (tl_syscall(SYS_mincore, (long)(r->at & ~(PAGE - 1)), (long)(*asked * PAGE),
		       (long)in_core, 0, 0, 0))
		*asked = 0;
	while (n < *asked && !(in_core[n] & 1))
		n++;
	return n;
}

/* Moves on to the next page that was ever touched, in pieces. */
static void skip_untouched(struct tl_reach *r)
{
	while (r->at < r->end && !tl_reach_late(r)) {
		size_t asked = (r->end - r->at + PAGE - 1) / PAGE, missing;

		if (asked > STRIDE)
			asked = STRIDE;
		missing = r->shared ? missing_shared(r, &asked) : missing_private(r, &asked);
		if (missing)
			r->at = (r->at / PAGE + missing) * PAGE;
		if (missing < asked || !asked)
			return;
	}
}

static void scan(struct tl_reach *r)
{
	bool sparse = r->end > r->at && r->end - r->at >= LARGE && r->pagemap >= 0;

	while (r->at < r->end && !tl_reach_late(r)) {
		if (sparse && !(r->at & (16 * PAGE - 1)))
			skip_untouched(r);
		if (r->at < r->end)
			scan_page(r);
	}
}

/* ---- from where --------------------------------------------------------------------------- */

static void aim(struct tl_reach *r, uintptr_t from, uintptr_t to, bool shared)
{
	r->at = (from + 7) & ~(uintptr_t)7;
	r->end = to;
	r->shared = shared;
}

/* Resumable: what a fault interrupted goes on behind the page. */
static void drain(struct tl_reach *r)
{
	const struct tl_audit_list *from = r->from;

	for (;;) {
		scan(r);
		if (tl_reach_late(r))
			return;
		if (r->depth) {
			uint32_t block = r->stack[r->depth - 1];

			r->depth--;
			aim(r, r->blocks.start[block],
			    r->blocks.start[block] + r->blocks.size[block], false);
		} else if (from && r->next < from->used) {
			const struct tl_reach_range *range =
			    (const struct tl_reach_range *)from->items + r->next;

			r->next++;
			aim(r, range->from, range->to, range->shared);
		} else {
			return;
		}
	}
}

static void skip_page(struct tl_reach *r)
{
	r->at = (r->at & ~(PAGE - 1)) + PAGE;
}

static void mark(struct tl_reach *r, const struct tl_audit_list *list)
{
	r->from = list;
	r->next = 0;
	r->at = r->end = 0;
	tl_reach_guarded(r, drain, skip_page);
	if (r->late)
		r->depth = 0;
}

void tl_reach_mark_ranges(struct tl_reach *r, const struct tl_audit_list *list)
{
	mark(r, list);
}

void tl_reach_mark_pushed(struct tl_reach *r)
{
	mark(r, NULL);
}
