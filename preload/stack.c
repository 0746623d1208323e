/* SPDX-License-Identifier: MIT */
#include "stack.h"
#include "loader_gate.h"
#include "modules.h"
#include "options.h"
#include "section.h"
#include "sink.h"
#include "sink_slots.h"
#include "stack_room.h"
#include "stack_tree.h"
#include "sys.h"
#include "unwind.h"
#include "unwind_last.h"
#include "unwind_memory.h"
#include "unwind_rules.h"
#include "unwind_sum.h"
#include "unwind_walk.h"
#include <string.h>

#define CACHE_SIZE 1024
#define OWN_MAX	   16 /* frames of ours on top of the host's */

/* Stacks of the trace by what the unwinder returned. Two traces share a 64-bit hash once in 2^64.
 */
struct cached {
	uint64_t hash;
	uint32_t generation;
	uint32_t stack; /* index + 1; 0: none */
};

static TL_BIG_TABLE struct cached cache[CACHE_SIZE];

void tl_stack_init(void)
{
	tl_unwind_init(tl_modules_undescribed());
}

static void caller_only(struct tl_trace *trace, void *caller)
{
	trace->ips[0] = caller;
	trace->depth = 1;
	trace->hash = tl_sum_of(trace->ips, 1);
	trace->flags = TL_STACK_PC_ONLY;
}

bool tl_stack_refresh_modules(const struct tl_trace *trace)
{
	bool more;

	if (tl_gate_iterating)
		return false;
	if (!tl_load(&tl_modules_dirty) && tl_modules_all_known(trace->ips, trace->depth))
		return false;
	more = tl_modules_refresh();
	if (tl_unlikely(tl_modules_undescribed()))
		tl_unwind_note_undescribed();
	return more;
}

/* Our own frames are innermost; how many depends on what the compiler inlined. */
static void keep_hosts(struct tl_trace *trace, unsigned most, void *const *ips, unsigned got,
		       unsigned room)
{
	unsigned own = 0;

	while (own < got && tl_modules_is_self((uintptr_t)ips[own]))
		own++;
	trace->depth = (uint16_t)(got - own < most ? got - own : most);
	if (got - own > most || got == room)
		trace->flags |= TL_STACK_CUT;
	memcpy(trace->ips, ips + own, trace->depth * sizeof(ips[0]));
	trace->hash = tl_sum_of(trace->ips, trace->depth);
}

static void by_frames(struct tl_trace *trace, unsigned most, const struct tl_called *called,
		      bool plain)
{
	void *ips[TL_STACK_MAX + OWN_MAX];
	unsigned room = TL_ARRAY_LEN(ips);
	struct tl_peek peek = {.asked = 0};

	tl_stack_known(&peek);
	keep_hosts(trace, most, ips,
		   plain ? tl_unwind_plain(&peek, called, ips, room, &trace->flags)
			 : tl_unwind(&peek, ips, room, &trace->flags),
		   room);
}

/* Known frames on the thread's own stack: without a system call. */
static bool by_rules(struct tl_trace *trace, unsigned most, void *caller,
		     const struct tl_called *called)
{
	uintptr_t top = tl_stack_top();
	struct tl_walked walked;

	if (!top || tl_modules_is_self((uintptr_t)caller))
		return false;
	called = called ? called : tl_walk_called(top, caller);
	if (!called)
		return false;
	walked = tl_walk_stack(top, called, trace->ips, most);
	trace->depth = (uint16_t)walked.depth;
	trace->hash = walked.sum;
	if (walked.cut)
		trace->flags |= TL_STACK_CUT;
	return walked.depth;
}

#ifdef TL_UNWIND_CHECK
#include "tests/unwind/compared.h"

static void compare(const struct tl_trace *trace, unsigned most, bool plain, bool by_rules)
{
	void *ips[TL_STACK_MAX + OWN_MAX];
	struct tl_trace other = {0};

	if (!by_rules)
		compared_nothing();
	keep_hosts(&other, most, ips, tl_unwind_library(ips, TL_ARRAY_LEN(ips), plain),
		   TL_ARRAY_LEN(ips));
	if (other.depth)
		compared_traces(trace, &other);
}

static void compare_hash(uint64_t hash, const struct tl_called *called)
{
	struct tl_trace trace, other;

	tl_stack_unwind_plain(&trace, called);
	other = trace;
	other.hash = hash;
	if (hash != trace.hash)
		compared_traces(&other, &trace);
}
#else
#define compare(trace, most, plain, by_rules)
#define compare_hash(hash, called)
#endif

static unsigned most_frames(void)
{
	unsigned most = tl_options.stack_depth;

	return most && most < TL_STACK_MAX ? most : TL_STACK_MAX;
}

static void unwind(struct tl_trace *trace, void *caller, const struct tl_called *called, bool plain)
{
	unsigned most = most_frames();
	bool known;

	trace->depth = trace->flags = 0;
	if (tl_stack_has_room()) {
		known = by_rules(trace, most, caller, called);
		if (!known)
			by_frames(trace, most, called, plain);
		compare(trace, most, plain, known);
	}
	if (!trace->depth)
		caller_only(trace, caller);
	trace->hash = tl_sum_hash(trace->hash, trace->depth);
}

void tl_stack_unwind_plain(struct tl_trace *trace, const struct tl_called *called)
{
	unwind(trace, tl_returns_to(called), called, true);
}

TL_HOT uint64_t tl_stack_hash(const struct tl_called *called)
{
	uintptr_t top = tl_stack_top();
	struct tl_walked walked;

	if (tl_unlikely(!top || tl_modules_is_self((uintptr_t)tl_returns_to(called))))
		return 0;
	walked = tl_walk_stack(top, called, NULL, most_frames());
	if (tl_unlikely(!walked.depth))
		return 0;
	walked.sum = tl_sum_hash(walked.sum, walked.depth);
	compare_hash(walked.sum, called);
	return walked.sum;
}

void tl_stack_capture(struct tl_trace *trace, void *caller)
{
	unwind(trace, caller, NULL, false);
	if (tl_load(&cache[trace->hash % CACHE_SIZE].hash) == trace->hash &&
	    !tl_load(&tl_modules_dirty))
		return;
	if (tl_stack_refresh_modules(trace) && trace->flags & TL_STACK_LOST)
		unwind(trace, caller, NULL, false);
}

static uint32_t new_stack(const struct tl_trace *trace, uint32_t frame)
{
	struct tl_stack stack = {.depth = trace->depth, .flags = trace->flags, .frame = frame};
	uint32_t index;

	stack.site[0] = stack.site[1] = stack.heap = TL_NONE;
	index = tl_sink_add_stack(&stack);
	if (index == 0)
		tl_sys_populate(cache, sizeof(cache));
	return index;
}

static uint32_t enter(const struct tl_trace *trace)
{
	uint32_t index = tl_stack_tree_enter(trace);
	struct tl_frame *frame = tl_frame_slot(index);

	if (frame && frame->stack == TL_NONE)
		frame->stack = new_stack(trace, index);
	if (frame && frame->stack != TL_NONE)
		return frame->stack;
	tl_sink_lost_stack();
	return TL_NONE;
}

static uint32_t intern(const struct tl_trace *trace)
{
	struct cached *cached = &cache[trace->hash % CACHE_SIZE];
	uint32_t generation = tl_load(&tl_modules_generation), stack;

	if (cached->stack && cached->hash == trace->hash && cached->generation == generation)
		return cached->stack - 1;
	stack = enter(trace);
	if (stack != TL_NONE) {
		cached->generation = generation;
		cached->stack = stack + 1;
		tl_store(&cached->hash, trace->hash); /* read without the section */
	}
	return stack;
}

static uint32_t new_site(uint32_t stack, enum tl_timer_kind kind)
{
	uint32_t index = tl_sink_add_site();
	struct tl_site *site = tl_sink_site(index);

	if (!site)
		return TL_NONE;
	site->kind = kind;
	site->stack = stack;
	site->shortest = UINT64_MAX;
	tl_store_release(&site->state, TL_SLOT_LIVE);
	return index;
}

static uint32_t nameless[2] = {TL_NONE, TL_NONE}; /* sites of timers whose stack was lost */

uint32_t tl_stack_site(const struct tl_trace *trace, enum tl_timer_kind kind)
{
	uint32_t index = trace ? intern(trace) : TL_NONE;
	struct tl_stack *stack = tl_stack_at(index);
	uint32_t *site = stack ? &stack->site[kind] : &nameless[kind];

	if (*site == TL_NONE)
		*site = new_site(index, kind);
	return *site;
}

uint32_t tl_stack_index(const struct tl_trace *trace)
{
	return intern(trace);
}

static uint32_t nameless_heap = TL_NONE;

/* Stacks of the heap are many where timers are few, and must leave them room. */
uint32_t tl_stack_heap(const struct tl_trace *trace)
{
	uint32_t index = trace && tl_sink_roomy() ? intern(trace) : TL_NONE;
	struct tl_stack *stack = tl_stack_at(index);
	uint32_t *heap = stack ? &stack->heap : &nameless_heap;
	struct tl_heap_stack *counters;

	if (*heap != TL_NONE)
		return *heap;
	*heap = tl_sink_add_heap();
	counters = tl_sink_heap(*heap);
	if (!counters)
		return TL_NONE;
	counters->stack = index;
	tl_store_release(&counters->state, TL_SLOT_LIVE);
	return *heap;
}

void tl_stack_reserve(void)
{
	tl_stack_tree_reserve();
}

void tl_stack_forked(void)
{
	tl_rules_forked();
	tl_walk_forked();
	tl_stack_tree_forget();
	tl_sys_clear(cache, sizeof(cache));
	nameless[0] = nameless[1] = nameless_heap = TL_NONE;
}
