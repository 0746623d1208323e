/* SPDX-License-Identifier: MIT */
/*
 * What each timer keeps alive: the block of its place, the one that its notification carries, the
 * libc's own of SIGEV_THREAD, and what is reached only through these. A block counts once, for the
 * first timer that comes to it. Then what stopped timers left behind, in the same way.
 */
#include "heap_count.h"
#include "reach_state.h"
#include "sink.h"
#include "ties.h"

#define CANDIDATES 16 /* allocation stacks a site, of which the largest are reported */

struct candidates {
	struct tl_retained items[CANDIDATES];
	uint32_t used;
};

static struct candidates *candidates; /* one a site, or NULL: no memory, then none are named */

/* ---- where it was allocated ------------------------------------------------------------------ */

/* With heap=full threads have counters of their own. */
static bool same_stack(uint32_t a, uint32_t b)
{
	const struct tl_heap_stack *x = tl_sink_heap(a), *y = tl_sink_heap(b);

	return a == b || (x && y && x->stack == y->stack);
}

static void add_to(struct candidates *c, uint32_t heap, uint64_t objects, uint64_t bytes)
{
	uint32_t i = 0, least = 0;

	while (i < c->used && !same_stack(c->items[i].heap, heap))
		i++;
	if (i == c->used && c->used < CANDIDATES)
		c->items[c->used++] = (struct tl_retained){.heap = heap};
	if (i < c->used) {
		c->items[i].objects += objects;
		c->items[i].bytes += bytes;
		return;
	}
	for (i = 1; i < c->used; i++)
		if (c->items[i].bytes < c->items[least].bytes)
			least = i;
	if (c->items[least].bytes < bytes)
		c->items[least] =
		    (struct tl_retained){.heap = heap, .objects = objects, .bytes = bytes};
}

static void note_origin(struct tl_reach *r, uint32_t block)
{
	struct candidates *c = r->data;
	uint64_t objects, bytes;
	uint32_t heap;

	if (!c)
		return;
	heap = tl_count_find(r->blocks.start[block], r->blocks.size[block], &objects, &bytes);
	if (heap != TL_NONE)
		add_to(c, heap, objects, bytes);
}

static void take_largest(struct candidates *c, struct tl_retained *to, size_t most)
{
	for (size_t n = 0; n < most && c->used; n++) {
		uint32_t best = 0;

		for (uint32_t i = 1; i < c->used; i++)
			if (c->items[i].bytes > c->items[best].bytes)
				best = i;
		to[n] = c->items[best];
		c->items[best] = c->items[--c->used];
	}
}

/* ---- timers --------------------------------------------------------------------------------- */

static void enter_own(struct tl_reach *r, uintptr_t address)
{
	uint32_t block = address ? tl_reach_find(&r->blocks, address) : TL_R_NO_BLOCK;

	if (block != TL_R_NO_BLOCK && !(r->blocks.flags[block] & TL_R_COUNTED))
		tl_reach_enter(r, block);
}

/* It leads to the program's payload and to other timers' blocks, which are not its own. */
static void count_opaque(struct tl_reach *r, uintptr_t address)
{
	uint32_t block = tl_reach_find(&r->blocks, address);

	if (block == TL_R_NO_BLOCK || r->blocks.flags[block] & TL_R_COUNTED)
		return;
	r->blocks.flags[block] |= TL_R_COUNTED;
	r->sum += r->blocks.size[block];
}

static void retain(struct tl_reach *r, uint32_t slot, const struct tl_timer *t)
{
	r->sum = 0;
	r->data = candidates && t->site < r->site_count ? &candidates[t->site] : NULL;
	enter_own(r, tl_ties_of(slot, TL_TIE_PLACE));
	enter_own(r, tl_ties_of(slot, TL_TIE_PAYLOAD));
	if (r->depth)
		tl_reach_mark_pushed(r);
	if (t->kind == TL_POSIX && t->notify == TL_NOTIFY_THREAD)
		count_opaque(r, (uintptr_t)(t->id << 1));
	r->timers[slot].retained = r->sum;
}

/* ---- what was left --------------------------------------------------------------------------- */

static void leave_behind(void *data, uintptr_t address, uint32_t site)
{
	struct tl_reach *r = data;
	uint32_t block = tl_reach_find(&r->blocks, address);
	struct candidates origin = {.used = 0};

	if (r->late || block == TL_R_NO_BLOCK || site >= r->site_count ||
	    r->blocks.flags[block] & (TL_R_COUNTS | TL_R_ANY | TL_R_COUNTED | TL_R_TIMER))
		return;
	r->sum = 0;
	r->data = &origin;
	tl_reach_enter(r, block);
	tl_reach_mark_pushed(r);
	r->sites[site].left_blocks++;
	r->sites[site].left_bytes += r->sum;
	if (!r->sites[site].left_at.bytes)
		take_largest(&origin, &r->sites[site].left_at, 1);
}

void tl_reach_retain(struct tl_reach *r)
{
	struct tl_audit_mark *mark;

	candidates = tl_sys_mmap_whole((r->site_count + 1) * sizeof(*candidates));
	r->set = TL_R_COUNTED;
	r->stop = TL_R_WITHOUT | TL_R_COUNTED | TL_R_TIMER | TL_R_OPAQUE;
	r->hit = 0;
	r->found = note_origin;
	for (uint32_t i = 0; i < r->timer_count; i++) {
		const struct tl_timer *t = tl_reach_slot(r, i, &mark);

		if (t)
			retain(r, i, t);
	}
	r->stop |= TL_R_COUNTS | TL_R_ANY;
	tl_ties_each_left(leave_behind, r);
	for (uint32_t i = 0; candidates && i < r->site_count; i++)
		take_largest(&candidates[i], r->sites[i].at, TL_RETAINED_AT);
}
