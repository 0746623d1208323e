/* SPDX-License-Identifier: MIT */
/*
 * ties_marks.h - what the end of a block says about a timer that hangs on it: part of ties.h.
 */
#ifndef TL_TIES_MARKS_H
#define TL_TIES_MARKS_H

#include "registry.h"

struct tl_ties_cause {
	uint32_t stack; /* of the call that freed, index in the trace or TL_NONE */
	bool in_exit;	/* proves nothing */
	bool moved;	/* by realloc */
};

/* Of the call that is under way; not with the section held. */
void tl_ties_cause_here(struct tl_ties_cause *cause, bool moved);

/* Section held. Its place is gone; held: it held the handle until now. */
void tl_ties_mark_place(struct tl_timer *timer, bool held, const struct tl_ties_cause *cause);
/* Section held. What its notification carries points to memory that is free. */
void tl_ties_mark_payload(struct tl_timer *timer, const struct tl_ties_cause *cause);
/* The freed payload was, or is about to be, handed to the program: counted once a timer. */
void tl_ties_payload_hazard(struct tl_site *site, struct tl_timer *timer);

bool tl_ties_armed(const struct tl_timer *timer); /* as far as is known: it will fire */

#endif
