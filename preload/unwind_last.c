/* SPDX-License-Identifier: MIT */
#include "unwind_last.h"
#include "sys.h"
#include "unwind_sum.h"
#include "unwind_walk.h"
#include <string.h>

#define FRAMES	128 /* deeper stacks are remembered without their callers */
#define FRESH	96  /* of them in one walk */
#define THREADS 256 /* more than these walk without memory */

/* The state in a frame, and the words that led to it from the one inside: that below sp was ip. */
struct frame {
	uintptr_t ip, sp, bp;
	const uintptr_t *saved;
	uintptr_t saved_value;
	uint64_t sum;
};

struct last {
	uintptr_t busy; /* the stack of whoever is in here, 0: nobody */
	uintptr_t top;	/* of the stack */
	uint32_t epoch; /* of the rules */
	unsigned count;
	bool complete;		     /* frames[0] is where the stack begins */
	uint64_t outside;	     /* sum of the callers of frames[0] that are not kept */
	struct frame frames[FRAMES]; /* outermost first */
	struct frame fresh[FRESH];   /* of this walk, innermost first */
};

/*
 * A block belongs to a thread pointer, and so to whatever thread comes to have it next: nothing in
 * it is believed without being compared. So no thread need give it back, and none is told of its
 * end.
 */
static struct last *blocks;
static uintptr_t owners[THREADS];
static TL_TLS struct last *mine;

/* ---- whose memory ------------------------------------------------------------------------- */

#define SIZE ((THREADS + 1) * sizeof(struct last)) /* one that is always busy, for the rest */

static struct last *all_blocks(void)
{
	static uint32_t refused;
	struct last *expected = NULL, *fresh;

	if (tl_load_acquire(&blocks) || tl_load(&refused))
		return tl_load_acquire(&blocks);
	fresh = tl_sys_mmap_sparse(SIZE);
	if (!fresh) {
		tl_store(&refused, !tl_load(&tl_sys_quiet));
		return NULL;
	}
	fresh[THREADS].busy = UINTPTR_MAX;
	if (__atomic_compare_exchange_n(&blocks, &expected, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	tl_sys_munmap(fresh, SIZE);
	return expected;
}

static bool is_ours(unsigned i, uintptr_t self)
{
	uintptr_t owner = 0;

	return __atomic_compare_exchange_n(&owners[i], &owner, self, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED) ||
	       owner == self;
}

/* The thread that had it before may have died in the middle. */
static TL_COLD struct last *claim(void)
{
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();
	struct last *all = all_blocks();
	unsigned i = 0;

	if (!all)
		return NULL;
	while (i < THREADS && !is_ours(i, self))
		i++;
	if (i < THREADS)
		all[i].busy = 0;
	return mine = &all[i];
}

/* Whoever is in here for good, by a jump out of a handler, was further down the stack. */
static struct last *borrow(uintptr_t here, uintptr_t top, uint32_t epoch)
{
	struct last *l = tl_likely(mine != NULL) ? mine : claim();

	if (!l || (tl_unlikely(l->busy) && here < l->busy))
		return NULL;
	l->busy = here;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (tl_unlikely(l->epoch != epoch || l->top != top)) {
		l->count = 0;
		l->top = top;
		l->epoch = epoch;
	}
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
	return !((*tl_walk_returned_by(f->sp) ^ f->ip) | (*f->saved ^ f->saved_value));
}

/* The outermost frame that is reached from this one by the same words as it was. Outwards, so that
 * nothing is read but what a walk would read: what lies further up may be no stack any more. */
static unsigned reached(const struct last *l, unsigned from)
{
	const struct frame *f = l->frames + from;

	while (f > l->frames && same_words(f - 1))
		f--;
	return (unsigned)(f - l->frames);
}

static bool is_at(const struct tl_walk *w, const struct frame *f)
{
	return w->sp == f->sp && w->ip == f->ip && w->bp == f->bp;
}

static void note(struct frame *f, const struct tl_walk *w)
{
	f->ip = w->ip;
	f->sp = w->sp;
	f->bp = w->bp;
	f->saved = w->saved;
	f->saved_value = w->saved_value;
}

struct path {
	unsigned fresh;	   /* frames in l->fresh */
	unsigned met;	   /* then that of l->frames, and its callers; l->count: none */
	enum tl_step step; /* why it ended otherwise */
};

/* On to a remembered frame that is known to be reached from where the walk is. */
static void skip(struct last *l, struct tl_walk *w, struct path *path, unsigned from, unsigned to)
{
	for (unsigned i = from; i > to && path->fresh < FRESH; i--) {
		const struct frame *f = &l->frames[i - 1];

		note(&l->fresh[path->fresh++], w);
		w->ip = f->ip;
		w->sp = f->sp;
		w->bp = f->bp;
		w->saved = f->saved;
		w->saved_value = f->saved_value;
	}
}

static struct path walk(struct last *l, struct tl_walk *w)
{
	unsigned known = l->count;
	struct path path = {.met = l->count};

	while (path.step == TL_STEP_ON && path.fresh < FRESH) {
		while (known && l->frames[known - 1].sp < w->sp)
			known--;
		if (known && is_at(w, &l->frames[known - 1])) {
			unsigned to = reached(l, known - 1);

			if (!to) {
				path.met = known - 1;
				break;
			}
			skip(l, w, &path, known - 1, to);
			known = to;
			if (path.fresh == FRESH)
				break;
		}
		note(&l->fresh[path.fresh++], w);
		path.step = tl_walk_step(w);
	}
	return path;
}

/* ---- what is new -------------------------------------------------------------------------- */

/* Room for the fresh frames, and not at every call anew. */
static unsigned make_room(struct last *l, unsigned kept, unsigned fresh)
{
	unsigned drop;

	if (tl_likely(kept + fresh <= FRAMES))
		return kept;
	drop = kept + fresh - FRAMES + 16;
	drop = drop < kept ? drop : kept;
	l->outside = l->frames[drop - 1].sum;
	l->complete = false;
	memmove(l->frames, l->frames + drop, (kept - drop) * sizeof(l->frames[0]));
	return kept - drop;
}

/* Nothing is remembered meanwhile, for whoever jumps out of a handler in between. */
static void learn(struct last *l, const struct tl_walk *w, const struct path *path)
{
	unsigned count = 0;
	uint64_t sum;

	if (path->met < l->count) {
		count = path->met + 1;
		l->count = 0;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		note(&l->frames[path->met], w);
		count = make_room(l, count, path->fresh);
	} else {
		l->count = 0;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		l->complete = path->step == TL_STEP_END;
		l->outside = 0;
	}
	sum = count ? l->frames[count - 1].sum : l->outside;
	for (unsigned i = path->fresh; i-- > 0;) {
		struct frame *f = &l->frames[count++];

		*f = l->fresh[i];
		f->sum = sum = tl_sum_add(sum, f->ip);
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	l->count = count;
}

static void copy_out(const struct last *l, void **ips, unsigned most, struct tl_walked *walked)
{
	unsigned depth = l->count < most ? l->count : most, outside = l->count - depth;
	const struct frame *innermost = &l->frames[l->count - 1];

	for (unsigned i = 0; i < depth; i++)
		ips[i] = (void *)innermost[-(int)i].ip;
	walked->depth = depth;
	walked->cut = outside > 0;
	walked->sum = innermost->sum;
	if (walked->cut)
		walked->sum = tl_sum_cut(walked->sum, l->frames[outside - 1].sum, depth);
}

/* Twice where too few of the callers are kept: then from the beginning. */
static bool follow(struct last *l, const struct tl_walk *from, unsigned most)
{
	for (int i = 0; i < 2; i++) {
		struct tl_walk w = *from;
		struct path path = walk(l, &w);

		if (path.met == l->count && path.step == TL_STEP_LOST && path.fresh <= most)
			return false;
		learn(l, &w, &path);
		if (l->complete || l->count > most)
			return true;
		l->count = 0;
	}
	return false;
}

struct tl_walked tl_walk_stack(uintptr_t top, const void *caller, void **ips, unsigned most)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct tl_walked walked = {0};
	struct tl_walk w;
	struct last *l;

	if (!tl_walk_begin(&w, top, caller))
		return walked;
	l = borrow(here, top, w.rules.seen);
	if (tl_likely(l != NULL)) {
		if (follow(l, &w, most))
			copy_out(l, ips, most, &walked);
		give_back(l);
		return walked;
	}
	walked.depth = tl_walk_plain(&w, ips, most, &walked.cut);
	walked.sum = tl_sum_of(ips, walked.depth);
	return walked;
}

void tl_walk_forked(void)
{
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();

	for (unsigned i = 0; i < THREADS; i++)
		if (owners[i] != self)
			owners[i] = 0;
}
