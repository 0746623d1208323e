/* SPDX-License-Identifier: MIT */
#include "heap_stacks.h"
#include "modules.h"
#include "section.h"
#include "sink.h"
#include "stack.h"
#include "stack_table.h"

#define SHARDS 8

static struct tl_stack_table table;
static uint32_t nameless = TL_NONE;
static uint32_t thread_count;
static TL_TLS uint32_t thread_number; /* 0: not given yet */

static uint32_t shard_of_thread(void)
{
	if (tl_unlikely(!thread_number))
		thread_number = tl_add(&thread_count, 1) + 1;
	return (thread_number - 1) % SHARDS;
}

/* Of this thread's slot of the stack. */
static uint64_t key_of(uint64_t hash, uint32_t shard)
{
	uint64_t key = tl_stack_key(hash) ^ shard * 0x9e3779b97f4a7c15u;

	return key ? key : 1;
}

/* A slot beside the stack's first one. Only while it is sure to be found again. */
static uint32_t more_counters(const struct tl_trace *trace)
{
	bool kept = tl_stack_table_has_room(&table) && tl_sink_roomy();
	uint32_t stack = kept ? tl_stack_index(trace) : TL_NONE;
	uint32_t heap = stack == TL_NONE ? TL_NONE : tl_sink_add_heap();
	struct tl_heap_stack *counters = tl_sink_heap(heap);

	if (!counters)
		return TL_NONE;
	counters->stack = stack;
	tl_store_release(&counters->state, TL_SLOT_LIVE);
	return heap;
}

static uint32_t counters_of(const struct tl_trace *trace, uint32_t shard)
{
	uint32_t heap = shard ? more_counters(trace) : TL_NONE;

	return heap != TL_NONE ? heap : tl_stack_heap(trace);
}

static TL_COLD uint32_t look_up(const struct tl_trace *trace, uint64_t key, uint32_t shard)
{
	struct tl_section section = tl_section_enter();
	uint32_t heap = tl_sink_begin() ? counters_of(trace, shard) : TL_NONE;

	if (heap != TL_NONE && key)
		tl_stack_table_add(&table, key, heap);
	tl_section_leave(&section);
	return heap;
}

/* The stack is new, or is not known by rules alone. */
static TL_NOINLINE uint32_t by_trace(const struct tl_called *called, uint32_t shard)
{
	struct tl_trace trace;
	uint32_t heap;

	tl_stack_unwind_plain(&trace, called);
	heap = tl_stack_table_find(&table, key_of(trace.hash, shard));
	if (heap != TL_NONE)
		return heap;
	tl_stack_refresh_modules(&trace);
	return look_up(&trace, key_of(trace.hash, shard), shard);
}

TL_HOT uint32_t tl_heap_stacks_here(const struct tl_called *called, bool sharded)
{
	uint32_t shard = sharded ? shard_of_thread() : 0, heap = TL_NONE;
	uint64_t hash;

	if (tl_unlikely(tl_load(&tl_modules_dirty)))
		tl_modules_refresh();
	hash = tl_stack_hash(called);
	if (tl_likely(hash))
		heap = tl_stack_table_find(&table, key_of(hash, shard));
	return tl_likely(heap != TL_NONE) ? heap : by_trace(called, shard);
}

uint32_t tl_heap_stacks_nameless(void)
{
	if (tl_load(&nameless) == TL_NONE)
		tl_store(&nameless, look_up(NULL, 0, 0));
	return tl_load(&nameless);
}

void tl_heap_stacks_forked(void)
{
	tl_stack_table_forget(&table);
	nameless = TL_NONE;
}
