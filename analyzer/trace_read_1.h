/* SPDX-License-Identifier: MIT */
/*
 * trace_read_1.h - stacks as traces of major version 1 have them: of a variable length, each with
 * frames of its own. All else in them is as preload/tl_format.h says.
 *
 * A TL_CHUNK_STACK has slot_size 8, `used` counts 8-byte words; a record is a tl_stack_1, followed
 * by `depth` frames, innermost first. A stack's index is its ordinal.
 */
#ifndef ANALYZER_TRACE_READ_1_H
#define ANALYZER_TRACE_READ_1_H

#include "model.h"

struct tl_stack_1 {
	uint32_t state;
	uint16_t depth;
	uint16_t flags; /* TL_STACK_* */
	uint64_t hash;
};

struct tl_frame_1 {
	uint32_t module; /* index, or TL_NONE: offset is the address */
	uint32_t reserved;
	uint64_t offset;
};

/* Arrays of the image for so many words of stacks. 0, or -1 on lack of memory. */
int trace_read_1_make_room(struct image *image, uint64_t words);

/* Adds the stacks that these bytes, a whole number of words, consist of. How many bytes were read:
 * where that is not all of them a stack follows that is not whole. */
uint64_t trace_read_1_stacks(struct image *image, const uint8_t *data, uint64_t size);

#endif
