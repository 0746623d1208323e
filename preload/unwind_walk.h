/* SPDX-License-Identifier: MIT */
/*
 * unwind_walk.h - from frame to frame by the rules of their return addresses.
 *
 * Gives what unw_backtrace gives, or nothing: a frame without a rule sends the whole trace there.
 * Reads only the thread's own stack, upwards. No lock, no system call, no memory:
 * async-signal-safe.
 */
#ifndef TL_UNWIND_WALK_H
#define TL_UNWIND_WALK_H

#include "unwind_rules.h"

struct tl_walk {
	uintptr_t top;	      /* where the stack ends */
	uintptr_t ip, sp, bp; /* as they are in the frame when its call returns */
	/* What the last step read, beside the return address below sp. */
	const uintptr_t *saved;
	uintptr_t saved_value;
};

enum tl_step { TL_STEP_ON, TL_STEP_END, TL_STEP_LOST };

/* Our frame that returns to caller; NULL: it is not found. */
const struct tl_called *tl_walk_called(uintptr_t top, const void *caller);
/* How many frames, innermost first; 0: only unw_backtrace knows. */
unsigned tl_walk_plain(struct tl_walk *w, const struct tl_rules *rules, void **ips, unsigned most,
		       bool *cut);

/* In the frame of the host that called ours. */
static inline struct tl_walk tl_walk_begin(uintptr_t top, const struct tl_called *called)
{
	return (struct tl_walk){
	    .top = top,
	    .ip = (uintptr_t)called->from,
	    .sp = (uintptr_t)(called + 1),
	    .bp = called->bp,
	    .saved = (const uintptr_t *)&called->from,
	    .saved_value = (uintptr_t)called->from,
	};
}

static inline const uintptr_t *tl_walk_returned_by(uintptr_t sp)
{
	return (const uintptr_t *)sp - 1;
}

/* A stack pointer is aligned, and so is what lies a multiple of 8 above it; a frame pointer may be
 * anything. */
static inline bool tl_walk_is_frame(const struct tl_walk *w, uintptr_t cfa, uintptr_t saved)
{
	return !(cfa & 7) && cfa - 8 >= w->sp && cfa - saved >= w->sp;
}

/* A rule in its parts. */
struct tl_move {
	uint32_t cfa, saved;
	uint32_t how; /* TL_RULE_* */
};

static inline struct tl_move tl_walk_move(uint32_t rule)
{
	return (struct tl_move){TL_RULE_CFA(rule), TL_RULE_SAVED(rule),
				rule & (TL_RULE_BP | TL_RULE_END | TL_RULE_BAD)};
}

/* By the rule of the frame that the walk is in. */
static inline enum tl_step tl_walk_step(struct tl_walk *w, const struct tl_move *move)
{
	uintptr_t cfa = w->sp + move->cfa, saved = move->saved;

	if (move->how) {
		if (tl_unlikely(move->how != TL_RULE_BP))
			return move->how == TL_RULE_END ? TL_STEP_END : TL_STEP_LOST;
		cfa = w->bp + move->cfa;
		if (tl_unlikely(!tl_walk_is_frame(w, cfa, saved)))
			return TL_STEP_LOST;
	}
	if (tl_unlikely(cfa - 8 >= w->top))
		return TL_STEP_LOST;
	w->saved = tl_walk_returned_by(cfa);
	w->saved_value = w->ip = *w->saved;
	if (saved) {
		w->saved = (const uintptr_t *)(cfa - saved);
		w->saved_value = w->bp = *w->saved;
	}
	w->sp = cfa;
	return TL_STEP_ON;
}

#endif
