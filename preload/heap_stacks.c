/* SPDX-License-Identifier: MIT */
#include "heap_stacks.h"
#include "modules.h"
#include "section.h"
#include "sink.h"
#include "stack.h"
#include "sys.h"

#define FIRST_CAPACITY 4096

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

/* After a dlclose the same addresses may be another function's. */
static uint64_t key_of(const struct tl_trace *trace)
{
	uint64_t key = trace->hash ^ (uint64_t)tl_load(&tl_modules_generation) << 32;

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

static TL_COLD uint32_t look_up(const struct tl_trace *trace, uint64_t key)
{
	struct tl_section section = tl_section_enter();
	uint32_t heap = tl_sink_begin() ? tl_stack_heap(trace) : TL_NONE;

	if (heap != TL_NONE && key)
		remember(key, heap);
	tl_section_leave(&section);
	return heap;
}

uint32_t tl_heap_stacks_here(void *caller)
{
	struct table *t;
	struct tl_trace trace;
	uint64_t key;

	if (tl_load(&tl_modules_dirty))
		tl_modules_refresh();
	tl_stack_unwind_plain(&trace, caller);
	key = key_of(&trace);
	t = tl_load_acquire(&table);
	if (t) {
		const struct entry *e = find(t, key);

		if (tl_load(&e->key))
			return e->heap;
	}
	tl_stack_refresh_modules(&trace);
	return look_up(&trace, key_of(&trace));
}

uint32_t tl_heap_stacks_nameless(void)
{
	if (tl_load(&nameless) == TL_NONE)
		tl_store(&nameless, look_up(NULL, 0));
	return tl_load(&nameless);
}

void tl_heap_stacks_forked(void)
{
	if (table)
		tl_sys_munmap(table, sizeof(*table) + table->capacity * sizeof(struct entry));
	table = NULL;
	nameless = TL_NONE;
}
