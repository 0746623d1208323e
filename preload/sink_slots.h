/* SPDX-License-Identifier: MIT */
/*
 * sink_slots.h - the chunks of the trace by kind, for sink.c and sink_tables.c; and slots without a
 * call, for what each use of a timer goes through.
 *
 * Reading is lock-free: chunks are never unmapped while this image lives.
 */
#ifndef TL_SINK_SLOTS_H
#define TL_SINK_SLOTS_H

#include "base.h"
#include "tl_format.h"

#define TL_SINK_CHUNK ((size_t)64 << 10)
/* Where the first one lies: the kernel makes the pages of a chunk together where it is aligned.
 * What lies between it and the header is a hole. */
#define TL_SINK_FIRST  TL_SINK_CHUNK
#define TL_SINK_CHUNKS 4096 /* per kind: as many as the trace has room for */
/* Of timers: one chunk's, all */
#define TL_SINK_TIMERS \
	(TL_SINK_CHUNK / 2 / TL_TIMER_PAGE * (TL_TIMER_PAGE / sizeof(struct tl_timer)) - 1)
#define TL_SINK_SLOTS (TL_SINK_CHUNKS * TL_SINK_TIMERS)

struct tl_sink_kind {
	uint32_t slot_size;
	uint32_t chunks;
	uint32_t count;	 /* slots in all */
	char *populated; /* end of what may be written in the last chunk */
};
TL_EXTERN struct tl_sink_kind tl_sink_kinds[TL_CHUNK_KINDS];
/* In order of their making; the first ones of all kinds on one page. There is no kind 0: with eight
 * columns an index costs no multiplication. */
TL_EXTERN struct tl_chunk *tl_sink_chunks[TL_SINK_CHUNKS][TL_CHUNK_KINDS - 1];

static inline struct tl_chunk **tl_sink_chunk(enum tl_chunk_kind which, uint32_t number)
{
	return &tl_sink_chunks[number][which - 1];
}

/* A constant for the size, so that no division is left. NULL if there is none. */
static inline void *tl_sink_slot(enum tl_chunk_kind which, size_t size, uint32_t index)
{
	const struct tl_sink_kind *kind = &tl_sink_kinds[which];
	uint32_t per_chunk = (uint32_t)((TL_SINK_CHUNK - sizeof(struct tl_chunk)) / size);

	if (index >= tl_load_acquire(&kind->count))
		return NULL;
	return (char *)(*tl_sink_chunk(which, index / per_chunk) + 1) + index % per_chunk * size;
}

static inline struct tl_timer *tl_timer_at(uint32_t index)
{
	uint32_t in_chunk = TL_SINK_TIMERS; /* a division by a constant */
	struct tl_chunk *chunk;

	if (index >= tl_load_acquire(&tl_sink_kinds[TL_CHUNK_TIMER].count))
		return NULL;
	chunk = *tl_sink_chunk(TL_CHUNK_TIMER, index / in_chunk);
	return (struct tl_timer *)((char *)chunk +
				   tl_timer_offset(index % in_chunk, sizeof(struct tl_timer)));
}

static inline struct tl_site *tl_site_at(uint32_t index)
{
	return tl_sink_slot(TL_CHUNK_SITE, sizeof(struct tl_site), index);
}

static inline struct tl_creator *tl_creator_at(uint32_t index)
{
	return tl_sink_slot(TL_CHUNK_CREATOR, sizeof(struct tl_creator), index);
}

static inline struct tl_heap_stack *tl_heap_stack_at(uint32_t index)
{
	return tl_sink_slot(TL_CHUNK_HEAP, sizeof(struct tl_heap_stack), index);
}

static inline struct tl_stack *tl_stack_at(uint32_t index)
{
	return tl_sink_slot(TL_CHUNK_STACK, sizeof(struct tl_stack), index);
}

static inline struct tl_frame *tl_frame_slot(uint32_t index)
{
	return tl_sink_slot(TL_CHUNK_FRAME, sizeof(struct tl_frame), index);
}

/* Section held. Index of a new slot, or TL_NONE. */
uint32_t tl_sink_add(enum tl_chunk_kind which);
/* The same for up to `most` that follow each other in the same chunk. Gives how many there are; 0:
 * no room for one. */
uint32_t tl_sink_add_some(enum tl_chunk_kind which, uint32_t most, uint32_t *first);

#endif
