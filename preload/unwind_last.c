/* SPDX-License-Identifier: MIT */
#include "unwind_last.h"
#include "unwind_memory.h"
#include "unwind_sum.h"
#include "unwind_walk.h"
#include <string.h>

#define FRAMES	 128 /* deeper stacks are remembered without their callers */
#define FRESH	 96  /* of them in one walk; more than a trace has */
#define PATIENCE 100 /* frames that are walked before it is worth while to remember them */
#define CELLS	 256

/* The state in a frame, and the words that led to it from the one inside: that below sp was ip. */
struct frame {
	uintptr_t ip, sp, bp;
	uintptr_t bp_used; /* all bits set: the frames outside hang on bp; 0: they do not */
	const uintptr_t *returned, *saved;
	uintptr_t saved_value;
	uint64_t sum;
};

/* The rule of a return address, as a walk needs it: the table of all threads takes longer. */
struct cell {
	uintptr_t ip; /* 0: nothing */
	uint64_t mixed;
	struct tl_move move;
};

struct last {
	uintptr_t busy; /* first: unwind_memory.h. The stack of whoever is in here, 0: nobody */
	uintptr_t top;	/* of the stack */
	uint32_t epoch; /* of the rules */
	unsigned count;
	bool complete;	 /* frames[1] is where the stack begins */
	unsigned walked; /* frames since the last time that any were remembered */
	unsigned most;
	uint64_t power;			 /* of a trace of so many frames */
	uint64_t outside;		 /* sum of the callers of frames[1] that are not kept */
	struct frame frames[FRAMES + 1]; /* outermost first; [0] is one that is never reached */
	struct cell cells[CELLS];	 /* by a hash of ip */
	struct frame fresh[FRESH];	 /* what is to be remembered, innermost first */
};

static TL_TLS struct last *mine;

/* ---- whose memory ------------------------------------------------------------------------- */

static TL_COLD struct last *claim(void)
{
	return mine = tl_walk_claim(sizeof(*mine));
}

static TL_COLD void forget(struct last *l, uintptr_t top, uint32_t epoch)
{
	static const uintptr_t never = 1;

	l->count = 0;
	memset(l->cells, 0, sizeof(l->cells));
	l->frames[0] = (struct frame){.sp = UINTPTR_MAX, .returned = &never, .saved = &never};
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	l->top = top;
	l->epoch = epoch;
}

/* Whoever is in here for good, by a jump out of a handler, was further down the stack. */
static struct last *borrow(uintptr_t here, uintptr_t top, uint32_t epoch)
{
	struct last *l = tl_likely(mine != NULL) ? mine : claim();

	if (!l || (tl_unlikely(l->busy) && here < l->busy))
		return NULL;
	l->busy = here;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (tl_unlikely(l->epoch != epoch || l->top != top))
		forget(l, top, epoch);
	return l;
}

static void give_back(struct last *l)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	l->busy = 0;
}

/* ---- what is still true ------------------------------------------------------------------- */

static bool same_words(const struct frame *f)
{
	return !((*f->returned ^ f->ip) | (*f->saved ^ f->saved_value));
}

static bool is_at(const struct tl_walk *w, const struct frame *f)
{
	return w->sp == f->sp && w->ip == f->ip && !((w->bp ^ f->bp) & f->bp_used);
}

/* The outermost frame that is reached from this one by the same words as it was. Outwards, so that
 * nothing is read but what a walk would read: what lies further up may be no stack any more. */
static const struct frame *reached(const struct frame *f)
{
	while (same_words(f - 1))
		f--;
	return f;
}

/* Rules alone that are good: what is BAD may be there later. */
static TL_NOINLINE void fill(struct cell *cell, const struct tl_rules *rules, uintptr_t ip)
{
	struct tl_move move = tl_walk_move(tl_rules_find(rules, ip));

	cell->ip = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	cell->mixed = tl_sum_mixed(ip);
	cell->move = move;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (!(move.how & TL_RULE_BAD))
		cell->ip = ip;
}

static const struct cell *cell_of(struct last *l, const struct tl_rules *rules, uintptr_t ip)
{
	struct cell *cell = &l->cells[(ip ^ ip >> 8) % CELLS];

	if (tl_unlikely(cell->ip != ip))
		fill(cell, rules, ip);
	return cell;
}

struct path {
	unsigned fresh; /* frames by rules, of which this is the sum and its power */
	uint64_t sum, power;
	const struct frame *met; /* then this remembered one, and its callers; NULL: none */
	enum tl_step step;	 /* why it ended otherwise */
};

/* Up to so many frames. */
static struct path walk(struct last *l, const struct tl_rules *rules, struct tl_walk w,
			unsigned most, void **ips)
{
	const struct frame *known = &l->frames[l->count];
	struct path path = {.power = 1};
	uintptr_t compared = 0; /* up to there, in vain */

	while (path.fresh < most) {
		const struct cell *cell;

		while (known->sp < w.sp)
			known--;
		if (is_at(&w, known) && w.sp > compared) {
			const struct frame *end = reached(known);

			path.met = known;
			if ((end == &l->frames[1] && l->complete) ||
			    path.fresh + (size_t)(known - end) >= most)
				return path;
			compared = end->sp;
		}
		if (ips)
			ips[path.fresh] = (void *)w.ip;
		path.fresh++;
		cell = cell_of(l, rules, w.ip);
		path.sum += cell->mixed * path.power;
		path.power *= TL_SUM_FACTOR;
		path.step = tl_walk_step(&w, &cell->move);
		if (path.step != TL_STEP_ON)
			break;
	}
	path.met = NULL;
	return path;
}

/* ---- what is new -------------------------------------------------------------------------- */

static void note(struct frame *f, const struct tl_walk *w)
{
	f->ip = w->ip;
	f->sp = w->sp;
	f->bp = w->bp;
	f->returned = tl_walk_returned_by(w->sp);
	f->saved = w->saved;
	f->saved_value = w->saved_value;
}

/* Room for the fresh frames, and not at every call anew. */
static unsigned make_room(struct last *l, unsigned kept, unsigned fresh)
{
	unsigned drop;

	if (tl_likely(kept + fresh <= FRAMES))
		return kept;
	drop = kept + fresh - FRAMES + 16;
	drop = drop < kept ? drop : kept;
	l->outside = l->frames[drop].sum;
	l->complete = false;
	memmove(l->frames + 1, l->frames + 1 + drop, (kept - drop) * sizeof(l->frames[0]));
	return kept - drop;
}

/* The frame pointer of this frame comes from the stack, and is used. Where it is not, it may
 * change: the return address is compared twice. */
static bool restored(struct frame *f)
{
	if (!f->bp_used) {
		f->saved = f->returned;
		f->saved_value = f->ip;
	}
	return f->saved != f->returned;
}

/* The frames that the walk went through, once more. */
static unsigned note_all(struct last *l, const struct tl_rules *rules, struct tl_walk *w,
			 const struct path *path, bool *end)
{
	unsigned n = 0, most = path->met ? path->fresh : FRESH;
	enum tl_step step = TL_STEP_ON;

	while (n < most && step == TL_STEP_ON) {
		const struct cell *cell = cell_of(l, rules, w->ip);

		note(&l->fresh[n], w);
		l->fresh[n++].bp_used = cell->move.how & TL_RULE_BP ? UINTPTR_MAX : 0;
		step = tl_walk_step(w, &cell->move);
	}
	*end = step == TL_STEP_END;
	return n;
}

/* From outside in. Nothing is remembered meanwhile, for whoever jumps out of a handler in
 * between. */
static TL_NOINLINE void learn(struct last *l, const struct tl_rules *rules, struct tl_walk w,
			      const struct path *path)
{
	bool end;
	unsigned fresh = note_all(l, rules, &w, path, &end), count = 0;
	struct frame *f = path->met ? &l->frames[path->met - l->frames] : NULL;
	uintptr_t used = f ? f->bp_used : end ? 0 : UINTPTR_MAX;
	uint64_t sum = f ? f->sum : 0;

	l->count = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (f) {
		note(f, &w);
		used = restored(f) ? 0 : used;
		count = make_room(l, (unsigned)(f - l->frames), fresh);
	} else {
		l->complete = end;
		l->outside = 0;
	}
	while (fresh-- > 0) {
		f = &l->frames[++count];
		*f = l->fresh[fresh];
		f->sum = sum = tl_sum_add(sum, f->ip);
		f->bp_used = used |= f->bp_used;
		used = restored(f) ? 0 : used;
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	l->count = count;
}

/* ---- walking ------------------------------------------------------------------------------ */

static uint64_t power_of(struct last *l, unsigned most)
{
	if (tl_unlikely(l->most != most)) {
		l->power = tl_sum_power(most);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		l->most = most;
	}
	return l->power;
}

/* The fresh frames, and the remembered ones that they lead to. */
static void join(struct last *l, const struct path *path, void **ips, unsigned most,
		 struct tl_walked *walked)
{
	unsigned depth = path->fresh + (unsigned)(path->met - l->frames);

	walked->sum = path->sum + path->power * path->met->sum;
	walked->cut = depth > most;
	if (walked->cut) {
		const struct frame *outside = path->met - (most - path->fresh);

		walked->sum = tl_sum_cut(walked->sum, outside->sum, power_of(l, most));
		depth = most;
	}
	walked->depth = depth;
	for (unsigned i = path->fresh; ips && i < depth; i++)
		ips[i] = (void *)path->met[-(int)(i - path->fresh)].ip;
}

static struct tl_walked remembering(struct last *l, const struct tl_rules *rules,
				    const struct tl_called *called, void **ips, unsigned most)
{
	struct path path = walk(l, rules, tl_walk_begin(l->top, called), most, ips);
	struct tl_walked walked = {0};

	if (path.step == TL_STEP_LOST)
		return walked;
	if (path.met) {
		join(l, &path, ips, most, &walked);
	} else {
		walked.sum = path.sum;
		walked.cut = path.step == TL_STEP_ON;
		walked.depth = path.fresh;
	}
	if (path.fresh && (l->walked += path.fresh) > PATIENCE) {
		l->walked = 0;
		learn(l, rules, tl_walk_begin(l->top, called), &path);
	}
	return walked;
}

static TL_NOINLINE struct tl_walked without_memory(const struct tl_rules *rules, struct tl_walk w,
						   void **ips, unsigned most)
{
	void *room[FRESH];
	struct tl_walked walked = {0};

	ips = ips ? ips : room;
	walked.depth = tl_walk_plain(&w, rules, ips, most, &walked.cut);
	walked.sum = tl_sum_of(ips, walked.depth);
	return walked;
}

TL_HOT struct tl_walked tl_walk_stack(uintptr_t top, const struct tl_called *called, void **ips,
				      unsigned most)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct tl_walked walked = {0};
	struct tl_rules rules;
	struct last *l;

	if (!tl_rules_open(&rules))
		return walked;
	l = borrow(here, top, rules.seen);
	if (tl_unlikely(!l))
		return without_memory(&rules, tl_walk_begin(top, called), ips, most);
	walked = remembering(l, &rules, called, ips, most);
	give_back(l);
	return walked;
}
