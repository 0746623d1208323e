/* SPDX-License-Identifier: MIT */
#include "trace_slots.h"
#include "util_pool.h"

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

bool trace_slots_fit(const struct slot_array *slots, uint32_t size_in_file)
{
	return size_in_file >= (slots->least ? slots->least : slots->size) && size_in_file % 8 == 0;
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
