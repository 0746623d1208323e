/* SPDX-License-Identifier: MIT */
/*
 * stack_sites.h - from a creation stack to the site of its timers: without a lock where it is
 * known.
 */
#ifndef TL_STACK_SITES_H
#define TL_STACK_SITES_H

#include "stack.h"

/* Index of the site of the stack that a hook, whose frame this is, was called by; created at need,
 * and so is the trace. TL_NONE: lost and counted, or there is no memory for a trace. Takes the
 * section at need, and must not be called with it held. */
uint32_t tl_stack_sites_here(enum tl_timer_kind kind, const struct tl_called *called);

void tl_stack_sites_forked(bool inside); /* tl_stack_sites_here goes on after it */

#endif
