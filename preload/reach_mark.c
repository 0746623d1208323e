/* SPDX-License-Identifier: MIT */
/*
 * Marking: from words to blocks, from blocks to words.
 *
 * No recursion: blocks that were found wait on a stack that has room for all of them, since a block
 * is pushed only when it gets a flag that it did not have.
 */
#include "reach_state.h"
#include "sys.h"

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

/* ---- pages that hold nothing ---------------------------------------------------------------- */

/* Bits 63 and 62 of an entry: present, swapped (man 5 proc_pid_pagemap). */
static bool page_exists(uint64_t entry)
{
	return entry >> 62 != 0;
}

/* Moves on to the next page that was ever touched, in pieces. */
static void skip_untouched(struct tl_reach *r)
{
	uint64_t entries[STRIDE];

	while (r->at < r->end && !tl_reach_late(r)) {
		uintptr_t page = r->at / PAGE;
		size_t want = (r->end - r->at + PAGE - 1) / PAGE, i = 0;
		ssize_t got;

		if (want > STRIDE)
			want = STRIDE;
		got = tl_sys_pread(r->pagemap, entries, want * 8, page * 8);
		if (got <= 0)
			return;
		while (i < (size_t)got / 8 && !page_exists(entries[i]))
			i++;
		if (i)
			r->at = (page + i) * PAGE;
		if (i < (size_t)got / 8)
			return;
	}
}

static void scan(struct tl_reach *r, bool sparse)
{
	sparse = sparse && r->end > r->at && r->end - r->at >= LARGE && r->pagemap >= 0;
	while (r->at < r->end && !tl_reach_late(r)) {
		if (sparse && !(r->at & (16 * PAGE - 1)))
			skip_untouched(r);
		if (r->at < r->end)
			scan_page(r);
	}
}

/* ---- from where --------------------------------------------------------------------------- */

static void aim(struct tl_reach *r, uintptr_t from, uintptr_t to)
{
	r->at = (from + 7) & ~(uintptr_t)7;
	r->end = to;
}

/* Resumable: what a fault interrupted goes on behind the page. */
static void drain(struct tl_reach *r)
{
	const struct tl_audit_list *from = r->from;

	for (;;) {
		bool sparse = true;

		scan(r, sparse);
		if (tl_reach_late(r))
			return;
		if (r->depth) {
			uint32_t block = r->stack[r->depth - 1];

			r->depth--;
			aim(r, r->blocks.start[block],
			    r->blocks.start[block] + r->blocks.size[block]);
		} else if (from && r->next < from->used) {
			const struct tl_reach_range *range =
			    (const struct tl_reach_range *)from->items + r->next;

			r->next++;
			aim(r, range->from, range->to);
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
