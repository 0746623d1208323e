/* SPDX-License-Identifier: MIT */
#include "unwind_walk.h"

#define OWN_MOST 12 /* frames of ours between a hook and here */

/* Ours have frame pointers, all the way out to the hook. Not those below entries in assembler: then
 * the caller is not found. */
bool tl_walk_begin(struct tl_walk *w, uintptr_t top, const void *caller)
{
	const uintptr_t *frame = __builtin_frame_address(0);

	if (!tl_rules_open(&w->rules))
		return false;
	for (int i = 0; i < OWN_MOST && frame[1] != (uintptr_t)caller; i++) {
		uintptr_t next = frame[0];

		if (next <= (uintptr_t)frame || next > top - 16 || next & 7)
			return false;
		frame = (const uintptr_t *)next;
	}
	if (frame[1] != (uintptr_t)caller)
		return false;
	w->top = top;
	w->bp = frame[0];
	w->saved = &frame[1];
	w->saved_value = w->ip = frame[1];
	w->sp = (uintptr_t)(frame + 2);
	return true;
}

unsigned tl_walk_plain(struct tl_walk *w, void **ips, unsigned most, bool *cut)
{
	enum tl_step step = TL_STEP_ON;
	unsigned n = 0;

	while (step == TL_STEP_ON && n < most) {
		ips[n++] = (void *)w->ip;
		step = tl_walk_step(w);
	}
	*cut = step == TL_STEP_ON;
	return step == TL_STEP_LOST ? 0 : n;
}
