/* SPDX-License-Identifier: MIT */
#include "sink.h"
#include "sink_slots.h"

uint32_t tl_sink_timer_count(void)
{
	return tl_load_acquire(&tl_sink_kinds[TL_CHUNK_TIMER].count);
}

struct tl_timer *tl_sink_timer(uint32_t index)
{
	return tl_timer_at(index);
}

struct tl_site *tl_sink_site(uint32_t index)
{
	return tl_site_at(index);
}

struct tl_creator *tl_sink_creator(uint32_t index)
{
	return tl_creator_at(index);
}

uint32_t tl_sink_site_count(void)
{
	return tl_load_acquire(&tl_sink_kinds[TL_CHUNK_SITE].count);
}

struct tl_heap_stack *tl_sink_heap(uint32_t index)
{
	return tl_heap_stack_at(index);
}

uint32_t tl_sink_heap_count(void)
{
	return tl_load_acquire(&tl_sink_kinds[TL_CHUNK_HEAP].count);
}

uint32_t tl_sink_add_heap(void)
{
	return tl_sink_add(TL_CHUNK_HEAP);
}

uint32_t tl_sink_add_creator(void)
{
	return tl_sink_add(TL_CHUNK_CREATOR);
}

uint32_t tl_sink_add_spare_timers(uint32_t most, uint32_t *first)
{
	return tl_sink_add_some(TL_CHUNK_TIMER, most, first);
}

static uint32_t add_or_count(enum tl_chunk_kind which, uint64_t *lost)
{
	uint32_t index = tl_sink_add(which);

	if (index == TL_NONE && lost)
		tl_add(lost, 1);
	return index;
}

uint32_t tl_sink_add_timer(void)
{
	struct tl_header *header = tl_sink_header();

	return add_or_count(TL_CHUNK_TIMER, header ? &header->lost_timers : NULL);
}

uint32_t tl_sink_add_site(void)
{
	struct tl_header *header = tl_sink_header();

	return add_or_count(TL_CHUNK_SITE, header ? &header->lost_sites : NULL);
}
