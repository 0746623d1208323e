/* SPDX-License-Identifier: MIT */
/*
 * stack_sites.h - from a creation stack to the site of its timers: without a lock where it is
 * known.
 */
#ifndef TL_STACK_SITES_H
#define TL_STACK_SITES_H

#include "stack.h"

/* Index of the site, created at need; TL_NONE: lost and counted. The trace has begun. Takes the
 * section at need, and must not be called with it held. */
uint32_t tl_stack_sites_get(const struct tl_trace *trace, enum tl_timer_kind kind);

void tl_stack_sites_forked(bool inside); /* tl_stack_sites_get goes on after it */

#endif
