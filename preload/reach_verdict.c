/* SPDX-License-Identifier: MIT */
/* What the marks say about each timer whose place lies in a block. */
#include "reach_state.h"
#include "ties.h"

#define LEADS_MOST 10000 /* blocks that are looked at for one timer; more count as "leads" */

static bool reached(const struct tl_reach *r, uint32_t block)
{
	return r->blocks.flags[block] & (TL_R_COUNTS | TL_R_ANY);
}

/* ---- does the payload lead to the place ------------------------------------------------------ */

struct search {
	uint32_t *stamp; /* by block: the last search that came there */
	uint32_t number, wanted, seen;
	uint32_t at; /* the block that is searched */
	bool found;
};

static void look(struct tl_reach *r, uint32_t block)
{
	struct search *s = r->data;

	if (block == s->wanted || ++s->seen > LEADS_MOST)
		s->found = true;
	s->stamp[block] = s->number;
}

/* By hand, since a search must not leave flags behind: only what nothing else leads to is
 * entered, which is little. */
static void search_block(struct tl_reach *r, uint32_t block)
{
	struct search *s = r->data;
	const uintptr_t *word = (const uintptr_t *)r->blocks.start[block];
	const uintptr_t *end = word + r->blocks.size[block] / sizeof(*word);

	for (; word < end && !s->found; word++) {
		uint32_t next = tl_reach_find(&r->blocks, *word);

		if (next == TL_R_NO_BLOCK || reached(r, next) || s->stamp[next] == s->number)
			continue;
		look(r, next);
		r->stack[r->depth] = next;
		r->depth++;
	}
}

static void search_all(struct tl_reach *r)
{
	struct search *s = r->data;

	for (;;) {
		if (s->at != TL_R_NO_BLOCK)
			search_block(r, s->at);
		s->at = TL_R_NO_BLOCK;
		if (!r->depth || s->found)
			return;
		s->at = r->stack[r->depth - 1];
		r->depth--;
	}
}

static void skip_block(struct tl_reach *r)
{
	((struct search *)r->data)->at = TL_R_NO_BLOCK;
}

static bool leads(struct tl_reach *r, struct search *s, uint32_t from, uint32_t to)
{
	s->number++;
	s->wanted = to;
	s->seen = 0;
	s->at = TL_R_NO_BLOCK;
	s->found = false;
	r->data = s;
	r->depth = 0;
	look(r, from);
	r->stack[r->depth] = from;
	r->depth++;
	tl_reach_guarded(r, search_all, skip_block);
	r->depth = 0;
	return s->found;
}

/* ---- timers --------------------------------------------------------------------------------- */

/* What a thread has in registers that calls preserve, nobody shows while it lives: what it made or
 * used last may be there alone. */
static bool in_unknown_registers(struct tl_reach *r, const struct tl_timer *t)
{
	return (t->tid != r->a->tid && tl_audit_task(r->a, t->tid)) ||
	       (t->service_tid && t->service_tid != r->a->tid &&
		tl_audit_task(r->a, t->service_tid));
}

static void judge(struct tl_reach *r, uint32_t slot, const struct tl_timer *t, struct search *s)
{
	struct tl_reach_timer *result = &r->timers[slot];
	uint32_t place = tl_reach_find(&r->blocks, tl_ties_of(slot, TL_TIE_PLACE));
	uint32_t payload = tl_reach_find(&r->blocks, tl_ties_of(slot, TL_TIE_PAYLOAD));

	/* What a copy was taken for may end before the place: ties_copy.c. */
	if (place == TL_R_NO_BLOCK ||
	    tl_load(&t->place) - r->blocks.start[place] >= r->blocks.size[place])
		return;
	result->held = r->blocks.flags[place] & TL_R_COUNTS;
	if (r->late || reached(r, place) || in_unknown_registers(r, t))
		return;
	result->facts |= TL_FACT_UNREACHABLE;
	if (payload != TL_R_NO_BLOCK && !reached(r, payload) && leads(r, s, payload, place))
		result->facts |= TL_FACT_PAYLOAD_LEADS;
}

void tl_reach_judge(struct tl_reach *r)
{
	struct search search = {.stamp =
				    tl_sys_mmap((r->blocks.count + 1) * sizeof(*search.stamp))};
	struct tl_audit_mark *mark;

	if (!search.stamp)
		r->late = true;
	for (uint32_t i = 0; i < r->timer_count; i++) {
		const struct tl_timer *t = tl_reach_slot(r, i, &mark);

		if (t && mark->holds)
			judge(r, i, t, &search);
		tl_reach_late(r);
	}
	r->data = NULL;
}
