/* SPDX-License-Identifier: MIT */
/*
 * stack.h - creation stacks: walked by rules, else frame by frame, interned to an index.
 *
 * libunwind helps where the shim's own readers do not suffice. It is opened with
 * dlopen(RTLD_LOCAL): linking it would put its _Unwind_* symbols in front of libgcc's in the host's
 * global scope.
 *
 * tl_stack_capture runs without any lock (a cold unwind takes the loader's); what enters a stack in
 * the trace says that the section is held.
 */
#ifndef TL_STACK_H
#define TL_STACK_H

#include "base.h"
#include "tl_format.h"

#define TL_STACK_MAX 64

struct tl_trace {
	uint64_t hash;
	uint16_t depth, flags;	 /* TL_STACK_* */
	void *ips[TL_STACK_MAX]; /* innermost first, our own frames left out */
};

void tl_stack_init(void);
void tl_stack_capture(struct tl_trace *trace, void *caller);
/* Its two parts: for whoever knows the stack by its hash, the second is not needed. */
void tl_stack_unwind_plain(struct tl_trace *trace,
			   const struct tl_called *called); /* see tl_unwind_plain */
/* So that all addresses are known. true: of some object more is known now. */
bool tl_stack_refresh_modules(const struct tl_trace *trace);
/* The hash alone, and much sooner; 0: that needs the whole trace. */
uint64_t tl_stack_hash(const struct tl_called *called);

/* Index of the site for this kind and stack, created at need; TL_NONE: lost and counted. */
uint32_t tl_stack_site(const struct tl_trace *trace, enum tl_timer_kind kind);

/* Section held. Index of the stack in the trace; TL_NONE: lost and counted. */
uint32_t tl_stack_index(const struct tl_trace *trace);
/* Section held. Index of the heap's counters for this stack, created at need; NULL: blocks whose
 * stack is not known. TL_NONE: the trace has no room for more. */
uint32_t tl_stack_heap(const struct tl_trace *trace);

void tl_stack_reserve(void); /* for when no memory can be had; section held */
void tl_stack_forked(void);

#endif
