/* SPDX-License-Identifier: MIT */
#include "heap_stacks.h"
#include "modules.h"
#include "section.h"
#include "sink.h"
#include "stack.h"
#include "sys.h"

#define FIRST_CAPACITY 4096
#define SHARDS	       8

struct entry {
	uint64_t key; /* 0: free; stored last */
	uint32_t heap;
};

struct table {
	uint32_t capacity, used; /* capacity is a power of 2 */
	struct entry entries[];
};

static struct table *table;
static uint32_t nameless = TL_NONE;
static uint32_t thread_count;
static TL_TLS uint32_t thread_number; /* 0: not given yet */

static uint32_t shard_of_thread(void)
{
	if (tl_unlikely(!thread_number))
		thread_number = tl_add(&thread_count, 1) + 1;
	return (thread_number - 1) % SHARDS;
}

/* After a dlclose the same addresses may be another function's. */
static uint64_t key_of(const struct tl_trace *trace, uint32_t shard)
{
	uint64_t key = trace->hash ^ (uint64_t)tl_load(&tl_modules_generation) << 32 ^
		       shard * 0x9e3779b97f4a7c15u;

	return key ? key : 1;
}

static struct entry *find(struct table *t, uint64_t key)
{
	for (uint32_t i = (uint32_t)(key >> 20);; i++) {
		struct entry *e = &t->entries[i & (t->capacity - 1)];
		uint64_t there = tl_load_acquire(&e->key);

		if (there == key || !there)
			return e;
	}
}

static void insert(struct table *t, uint64_t key, uint32_t heap)
{
	struct entry *e = find(t, key);

	if (e->key)
		return;
	e->heap = heap;
	tl_store_release(&e->key, key);
	t->used++;
}

static struct table *grown(const struct table *old)
{
	uint32_t capacity = old ? old->capacity * 2 : FIRST_CAPACITY;
	struct table *t = tl_sys_mmap(sizeof(*t) + capacity * sizeof(struct entry));

	if (!t)
		return NULL;
	t->capacity = capacity;
	for (uint32_t i = 0; old && i < old->capacity; i++)
		if (old->entries[i].key)
			insert(t, old->entries[i].key, old->entries[i].heap);
	return t;
}

/* Section held. */
static void remember(uint64_t key, uint32_t heap)
{
	struct table *t = table;

	if (!t || t->used > t->capacity / 2) {
		t = grown(t);
		if (!t)
			return; /* looked up in the slow way next time too */
		tl_store_release(&table, t);
	}
	insert(t, key, heap);
}

/* A slot beside the stack's first one. Only while it is sure to be found again. */
static uint32_t more_counters(const struct tl_trace *trace)
{
	bool kept = table && table->used < table->capacity / 2;
	uint32_t stack = kept && tl_sink_roomy() ? tl_stack_index(trace) : TL_NONE;
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
		remember(key, heap);
	tl_section_leave(&section);
	return heap;
}

uint32_t tl_heap_stacks_here(void *caller, bool sharded)
{
	uint32_t shard = sharded ? shard_of_thread() : 0;
	struct table *t;
	struct tl_trace trace;
	uint64_t key;

	if (tl_load(&tl_modules_dirty))
		tl_modules_refresh();
	tl_stack_unwind_plain(&trace, caller);
	key = key_of(&trace, shard);
	t = tl_load_acquire(&table);
	if (t) {
		const struct entry *e = find(t, key);

		if (tl_load(&e->key))
			return e->heap;
	}
	tl_stack_refresh_modules(&trace);
	return look_up(&trace, key_of(&trace, shard), shard);
}

uint32_t tl_heap_stacks_nameless(void)
{
	if (tl_load(&nameless) == TL_NONE)
		tl_store(&nameless, look_up(NULL, 0, 0));
	return tl_load(&nameless);
}

void tl_heap_stacks_forked(void)
{
	if (table)
		tl_sys_munmap(table, sizeof(*table) + table->capacity * sizeof(struct entry));
	table = NULL;
	nameless = TL_NONE;
}
