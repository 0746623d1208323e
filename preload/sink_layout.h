/* SPDX-License-Identifier: MIT */
/*
 * sink_layout.h - where slots lie in a chunk (tl_format.h), for sink.c. Pure: async-signal-safe.
 */
#ifndef TL_SINK_LAYOUT_H
#define TL_SINK_LAYOUT_H

#include "sink_slots.h"

#define TL_SINK_PAGE ((size_t)4096)

static inline bool tl_sink_is_of_timers(const struct tl_sink_kind *kind)
{
	return kind == &tl_sink_kinds[TL_CHUNK_TIMER];
}

/* How many whole slots the first `size` bytes of a chunk hold: more than its header, and of timers
 * both pages of some. */
static inline uint32_t tl_sink_slots_in(const struct tl_sink_kind *kind, size_t size)
{
	size_t pages = size / TL_TIMER_PAGE / 2;

	if (tl_sink_is_of_timers(kind)) /* without the place of the chunk's header */
		return (uint32_t)(pages * (TL_TIMER_PAGE / kind->slot_size) - 1);
	return (uint32_t)((size - sizeof(struct tl_chunk)) / kind->slot_size);
}

static inline void *tl_sink_slot_in(const struct tl_sink_kind *kind, struct tl_chunk *chunk,
				    uint32_t number)
{
	if (tl_sink_is_of_timers(kind))
		return (char *)chunk + tl_timer_offset(number, kind->slot_size);
	return (char *)(chunk + 1) + (size_t)number * kind->slot_size;
}

/* Of a chunk: a program with a handful of timers is not cut short by a disk that fills up. */
static inline size_t tl_sink_first_part(const struct tl_sink_kind *kind)
{
	size_t size = sizeof(struct tl_chunk) + 8 * (size_t)kind->slot_size;

	if (tl_sink_is_of_timers(kind))
		return (size_t)2 * TL_TIMER_PAGE;
	return (size + TL_SINK_PAGE - 1) & ~(TL_SINK_PAGE - 1);
}

#endif
