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
	struct tl_rules rules;
	uintptr_t top;	      /* where the stack ends */
	uintptr_t ip, sp, bp; /* as they are in the frame when its call returns */
	/* What the last step read, beside the return address below sp. */
	const uintptr_t *saved;
	uintptr_t saved_value;
};

enum tl_step { TL_STEP_ON, TL_STEP_END, TL_STEP_LOST };

/* To the frame of the host that caller returns to, through ours. false: no walk from here. */
bool tl_walk_begin(struct tl_walk *w, uintptr_t top, const void *caller);
/* How many frames, innermost first; 0: only unw_backtrace knows. */
unsigned tl_walk_plain(struct tl_walk *w, void **ips, unsigned most, bool *cut);

static inline const uintptr_t *tl_walk_returned_by(uintptr_t sp)
{
	return (const uintptr_t *)sp - 1;
}

static inline enum tl_step tl_walk_step(struct tl_walk *w)
{
	uint32_t rule = tl_rules_find(&w->rules, w->ip);
	uintptr_t from = rule & TL_RULE_BP ? w->bp : w->sp;
	uintptr_t cfa = from + TL_RULE_CFA(rule), saved = TL_RULE_SAVED(rule);

	if (tl_unlikely(rule & (TL_RULE_END | TL_RULE_BAD)))
		return rule & TL_RULE_END ? TL_STEP_END : TL_STEP_LOST;
	if (tl_unlikely(cfa - w->sp - 8 >= w->top - w->sp || cfa & 7 || cfa - saved < w->sp))
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
