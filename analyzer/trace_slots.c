/* SPDX-License-Identifier: MIT */
#include "trace_slots.h"
#include "util_pool.h"

#include <string.h>

bool trace_slots_are_words(const struct image *image, uint32_t kind)
{
	return kind == TL_CHUNK_STACK && image->header.major == 1;
}

bool trace_slots_of(struct image *image, uint32_t kind, struct slot_array *out)
{
	if (trace_slots_are_words(image, kind))
		return false;
	switch (kind) {
	case TL_CHUNK_MODULE:
		*out = (struct slot_array){(void **)&image->modules, &image->module_count,
					   sizeof(*image->modules), 0};
		return true;
	case TL_CHUNK_SITE:
		*out = (struct slot_array){(void **)&image->sites, &image->site_count,
					   sizeof(*image->sites), TL_SITE_SIZE_1};
		return true;
	case TL_CHUNK_CREATOR:
		*out = (struct slot_array){(void **)&image->creators, &image->creator_count,
					   sizeof(*image->creators), 0};
		return true;
	case TL_CHUNK_TIMER:
		*out = (struct slot_array){(void **)&image->timers, &image->timer_count,
					   sizeof(*image->timers), 0};
		return true;
	case TL_CHUNK_NOTE:
		*out = (struct slot_array){(void **)&image->notes, &image->note_count,
					   sizeof(*image->notes), 0};
		return true;
	case TL_CHUNK_HEAP:
		*out = (struct slot_array){(void **)&image->heap_stacks, &image->heap_stack_count,
					   sizeof(*image->heap_stacks), 0};
		return true;
	case TL_CHUNK_STACK:
		*out = (struct slot_array){(void **)&image->stacks, &image->stack_count,
					   sizeof(*image->stacks), 0};
		return true;
	case TL_CHUNK_FRAME:
		*out = (struct slot_array){(void **)&image->frames, &image->frame_count,
					   sizeof(*image->frames), 0};
		return image->header.major > 1;
	default:
		return false;
	}
}

/* Timers, whose slots come in two parts. */
static bool are_split(const struct image *image, uint32_t kind)
{
	return kind == TL_CHUNK_TIMER && image->header.major > 2;
}

static bool part_fits(uint32_t size)
{
	return size >= sizeof(struct tl_timer) && TL_TIMER_PAGE % size == 0;
}

bool trace_slots_fit(struct image *image, uint32_t kind, uint32_t size_in_file)
{
	struct slot_array slots;

	if (are_split(image, kind))
		return part_fits(size_in_file);
	return trace_slots_of(image, kind, &slots) &&
	       size_in_file >= (slots.least ? slots.least : slots.size) && size_in_file % 8 == 0;
}

/* The second part of a slot is the later one: of a piece of a chunk it tells what is whole. */
static uint64_t split_slots_in(uint32_t part, uint64_t size)
{
	uint64_t pages = size / (2 * TL_TIMER_PAGE), rest = size % (2 * TL_TIMER_PAGE);
	uint64_t places;

	if (!part_fits(part))
		return 0;
	places = pages * (TL_TIMER_PAGE / part);
	if (rest > TL_TIMER_PAGE)
		places += (rest - TL_TIMER_PAGE) / part;
	return places > 0 ? places - 1 : 0; /* one is the header's */
}

uint64_t trace_slots_in(const struct image *image, const struct tl_chunk *chunk, uint64_t size)
{
	if (are_split(image, chunk->kind))
		return split_slots_in(chunk->slot_size, size);
	return size > sizeof(*chunk) ? (size - sizeof(*chunk)) / chunk->slot_size : 0;
}

uint64_t trace_slots_offset(const struct image *image, const struct tl_chunk *chunk,
			    uint64_t number)
{
	if (are_split(image, chunk->kind))
		return tl_timer_offset((uint32_t)number, chunk->slot_size);
	return sizeof(*chunk) + number * chunk->slot_size;
}

void trace_slots_copy(const struct image *image, const struct tl_chunk *chunk, const uint8_t *data,
		      uint64_t number, void *to, size_t size)
{
	const uint8_t *from = data + trace_slots_offset(image, chunk, number);
	struct tl_timer_more more;
	struct tl_timer timer;

	if (!are_split(image, chunk->kind)) {
		memcpy(to, from, chunk->slot_size < size ? chunk->slot_size : size);
		return;
	}
	memcpy(&timer, from, sizeof(timer));
	memcpy(&more, from + TL_TIMER_PAGE, sizeof(more));
	*(struct timer *)to = timer_join(&timer, &more);
}

int trace_slots_make_room(struct image *image, const uint64_t room[TL_CHUNK_KINDS])
{
	struct slot_array slots;
	uint32_t kind;

	for (kind = 0; kind < TL_CHUNK_KINDS; kind++) {
		if (!room[kind] || !trace_slots_of(image, kind, &slots))
			continue;
		*slots.array = array_zeroed(room[kind], slots.size);
		if (!*slots.array)
			return -1;
	}
	return 0;
}
