/* SPDX-License-Identifier: MIT */
/*
 * unwind_fde.h - which frame description of an object covers an address (.eh_frame_hdr, .eh_frame).
 *
 * Only what linkers make today: a sorted table of 32-bit offsets, or none. Reads stay inside the
 * segments that hold the two sections, whatever they contain. No lock, no system call:
 * async-signal-safe.
 */
#ifndef TL_UNWIND_FDE_H
#define TL_UNWIND_FDE_H

#include "unwind_bytes.h"

struct tl_fde_sections {
	const uint8_t *start, *end;	    /* of the segment that .eh_frame is in */
	const uint8_t *header, *header_end; /* .eh_frame_hdr, and the end of its segment */
};

struct tl_fde {
	uintptr_t start, end;		  /* the code that it describes */
	struct tl_bytes initial, program; /* instructions of its CIE, and its own */
	uint64_t code_align;
	int64_t data_align;
	uint64_t return_register;
	bool signal_frame, augmented;
};

/* Where .eh_frame is, as .eh_frame_hdr says, of which no more is read than up to end; 0: it does
 * not. */
uintptr_t tl_fde_frames(const uint8_t *header, const uint8_t *end);

/* false: none covers the address, or something there is not understood. */
bool tl_fde_find(const struct tl_fde_sections *sections, uintptr_t address, struct tl_fde *fde);

#endif
