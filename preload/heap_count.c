/* SPDX-License-Identifier: MIT */
#include "heap_count.h"
#include "alone.h"
#include "heap.h"
#include "heap_numbers.h"
#include "heap_random.h"
#include "heap_stacks.h"
#include "real.h"
#include "section.h"
#include "sink_slots.h"
#include "sys.h"

enum { NOT_YET, SAMPLED, FULL };

TL_TLS uint64_t tl_heap_gap;
static TL_TLS uint64_t random_state; /* 0: this thread has not drawn yet */
static TL_TLS bool busy;	     /* a handler that allocates has interrupted us */

static uint32_t mode;
static uint64_t mean;

/* ---- counters ----------------------------------------------------------------------------- */

TL_HOT static void count(uint32_t heap, uint64_t objects, uint64_t bytes)
{
	struct tl_heap_stack *counters = tl_heap_stack_at(heap);

	if (!counters)
		return;
	tl_quick_add(&counters->alloc_objects, objects);
	tl_quick_add(&counters->alloc_bytes, bytes);
	tl_quick_add(&counters->live_objects, objects);
	tl_quick_add(&counters->live_bytes, bytes);
}

TL_HOT static void uncount(uint32_t heap, uint64_t objects, uint64_t bytes)
{
	struct tl_heap_stack *counters = tl_heap_stack_at(heap);

	if (!counters)
		return;
	tl_quick_add(&counters->live_objects, -objects);
	tl_quick_add(&counters->live_bytes, -bytes);
}

/* ---- sampled ------------------------------------------------------------------------------ */

void tl_count_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15u | 1;
	tl_heap_gap = (uint64_t)tl_random_gap(&random_state, mean);
}

/* Its first block, for which there was no gap yet, may be none that is counted. */
static bool start_thread(size_t size)
{
	uint64_t now = tl_sys_now(CLOCK_MONOTONIC);

	random_state = ((uintptr_t)&random_state ^ now * 0x9e3779b97f4a7c15u) | 1;
	tl_heap_gap = (uint64_t)tl_random_gap(&random_state, mean);
	if (size > tl_heap_gap)
		return true;
	tl_heap_gap -= size;
	return false;
}

static void sample(void *p, size_t size, const struct tl_called *called)
{
	uint64_t weight = tl_random_weight(size, mean);
	struct tl_counted counted = {.heap = tl_heap_stacks_here(called, false), .objects = weight};

	counted.bytes =
	    (uint64_t)((double)tl_real_malloc_usable_size(p) * (double)weight / TL_HEAP_ONE);
	if (counted.heap == TL_NONE || !tl_samples_add((uintptr_t)p, &counted))
		return;
	count(counted.heap, counted.objects, counted.bytes);
	tl_map_mark((uintptr_t)p, TL_MAP_COUNTED);
}

/* ---- full --------------------------------------------------------------------------------- */

TL_HOT static void count_number(uintptr_t address, uint32_t heap)
{
	if (heap == TL_NONE || !tl_numbers_set(address, heap))
		return;
	count(heap, TL_HEAP_ONE, tl_real_malloc_usable_size((void *)address));
	tl_map_set(address, TL_MAP_START | TL_MAP_COUNTED);
}

/* What the loader and constructors before ours allocated, under no stack. */
static void count_earlier(void *data, uintptr_t address)
{
	count_number(address, *(uint32_t *)data);
}

bool tl_count_begin(bool full, uint64_t sample)
{
	uint32_t nameless;

	mean = sample;
	if (full && !tl_numbers_init())
		full = false;
	if (full) {
		nameless = tl_heap_stacks_nameless();
		tl_map_each(count_earlier, &nameless);
	}
	tl_store_release(&mode, full ? FULL : SAMPLED);
	return full;
}

/* ---- both --------------------------------------------------------------------------------- */

static void count_block(void *p, size_t size, const struct tl_called *called)
{
	if (tl_load(&mode) == FULL) {
		count_number((uintptr_t)p, tl_heap_stacks_here(called, true));
		return;
	}
	if (!random_state && !start_thread(size))
		return;
	sample(p, size, called);
	tl_heap_gap = (uint64_t)tl_random_gap(&random_state, mean);
}

/* What a handler allocates while its thread is in here stands under no stack: with heap=full it
 * is counted, else another sample does. */
TL_HOT void tl_count_block(void *p, size_t size, const struct tl_called *called)
{
	if (tl_load_acquire(&mode) == NOT_YET || tl_section_mine()) {
		tl_heap_gap = 0;
		return;
	}
	if (busy) {
		tl_heap_gap = 0;
		if (tl_load(&mode) == FULL)
			count_number((uintptr_t)p, tl_heap_stacks_nameless());
		return;
	}
	busy = true;
	count_block(p, size, called);
	busy = false;
}

void tl_count_refused(void)
{
	if (random_state) /* this thread samples: not so with heap=full */
		tl_heap_gap = (uint64_t)tl_random_gap(&random_state, mean);
}

TL_HOT void tl_count_detach(uintptr_t start, struct tl_counted *counted)
{
	*counted = (struct tl_counted){.heap = TL_NONE};
	if (tl_load(&mode) == FULL)
		*counted = (struct tl_counted){tl_numbers_take(start), TL_HEAP_ONE,
					       tl_real_malloc_usable_size((void *)start)};
	else
		tl_samples_take(start, counted);
}

void tl_count_attach(uintptr_t start, const struct tl_counted *counted)
{
	if (counted->heap == TL_NONE)
		return;
	if (tl_load(&mode) == FULL)
		tl_numbers_set(start, counted->heap);
	else
		tl_samples_add(start, counted);
}

TL_HOT void tl_count_drop(const struct tl_counted *counted)
{
	if (counted->heap != TL_NONE)
		uncount(counted->heap, counted->objects, counted->bytes);
}

TL_HOT void tl_count_end(void *p)
{
	struct tl_counted counted;

	if (tl_load(&mode) == FULL) {
		uncount(tl_numbers_take((uintptr_t)p), TL_HEAP_ONE, tl_real_malloc_usable_size(p));
		return;
	}
	tl_count_detach((uintptr_t)p, &counted);
	tl_count_drop(&counted);
}

uint32_t tl_count_find(uintptr_t start, size_t size, uint64_t *objects, uint64_t *bytes)
{
	struct tl_counted counted;

	*objects = TL_HEAP_ONE;
	*bytes = size;
	if (tl_load(&mode) == FULL)
		return tl_numbers_get(start);
	if (!tl_samples_get(start, &counted))
		return TL_NONE;
	*objects = counted.objects;
	*bytes = counted.bytes;
	return counted.heap;
}

void tl_count_forked(void)
{
	tl_samples_forked();
	busy = false;
	tl_numbers_forked();
	tl_heap_stacks_forked();
}
