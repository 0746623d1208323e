/* SPDX-License-Identifier: MIT */
#include "unwind_walk.h"

#define OWN_MOST 12 /* frames of ours between a hook and here */

/* Ours have frame pointers, all the way out to the hook. Not those below entries in assembler: then
 * the caller is not found. */
const struct tl_called *tl_walk_called(uintptr_t top, const void *caller)
{
	const struct tl_called *called = TL_CALLED;

	for (int i = 0; i < OWN_MOST && called->from != caller; i++) {
		uintptr_t next = called->bp;

		if (next <= (uintptr_t)called || next > top - 16 || next & 7)
			return NULL;
		called = (const struct tl_called *)next;
	}
	return called->from == caller ? called : NULL;
}

unsigned tl_walk_plain(struct tl_walk *w, const struct tl_rules *rules, void **ips, unsigned most,
		       bool *cut)
{
	enum tl_step step = TL_STEP_ON;
	unsigned n = 0;

	while (step == TL_STEP_ON && n < most) {
		struct tl_move move = tl_walk_move(tl_rules_find(rules, w->ip));

		ips[n++] = (void *)w->ip;
		step = tl_walk_step(w, &move);
	}
	*cut = step == TL_STEP_ON;
	return step == TL_STEP_LOST ? 0 : n;
}
