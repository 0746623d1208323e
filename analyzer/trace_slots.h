/* SPDX-License-Identifier: MIT */
/*
 * trace_slots.h - where the slots of a trace go in an image, kind by kind.
 */
#ifndef ANALYZER_TRACE_SLOTS_H
#define ANALYZER_TRACE_SLOTS_H

#include "model.h"

struct slot_array {
	void **array;
	size_t *count;
	size_t size;
	size_t least; /* of minor 1, where it was smaller since; else 0 */
};

/* Stacks of major version 1, which have no fixed size: trace_read_1.h. */
bool trace_slots_are_words(const struct image *image, uint32_t kind);

/* False for those, and for what no image has. */
bool trace_slots_of(struct image *image, uint32_t kind, struct slot_array *out);

/* Whether slots of that size in a file are ones of these. */
bool trace_slots_fit(struct image *image, uint32_t kind, uint32_t size_in_file);

/* How many whole slots the first `size` bytes of that chunk may hold. */
uint64_t trace_slots_in(const struct image *image, const struct tl_chunk *chunk, uint64_t size);

/* Of a chunk whose slots fit: from its beginning to a slot of it. */
uint64_t trace_slots_offset(const struct image *image, const struct tl_chunk *chunk,
			    uint64_t number);

/* From such a chunk, of which `data` is the beginning, to where the image has it, in `size` bytes.
 */
void trace_slots_copy(const struct image *image, const struct tl_chunk *chunk, const uint8_t *data,
		      uint64_t number, void *to, size_t size);

/* Arrays for so many slots of each kind, all zero, which are empty ones. 0, or -1 on lack of
 * memory. */
int trace_slots_make_room(struct image *image, const uint64_t room[TL_CHUNK_KINDS]);

#endif
