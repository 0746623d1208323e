/* SPDX-License-Identifier: MIT */
/*
 * unwind_bytes.h - reading DWARF's numbers without ever leaving the section.
 *
 * A read past the end gives 0 and marks the reader bad, so that a parser need ask only once.
 */
#ifndef TL_UNWIND_BYTES_H
#define TL_UNWIND_BYTES_H

#include "base.h"

struct tl_bytes {
	const uint8_t *at, *end;
	bool bad;
};

/* Encodings of pointers (Linux Standard Base, "DWARF Exception Header Encoding"). */
enum { TL_ENC_ABSOLUTE = 0x00, TL_ENC_PC = 0x10, TL_ENC_DATA = 0x30, TL_ENC_OMIT = 0xff };

static inline size_t tl_bytes_left(const struct tl_bytes *b)
{
	return (size_t)(b->end - b->at);
}

static inline void tl_bytes_skip(struct tl_bytes *b, uint64_t size)
{
	b->bad |= size > tl_bytes_left(b);
	b->at = b->bad ? b->end : b->at + size;
}

/* The machine's own byte order; size <= 8. */
static inline uint64_t tl_bytes_get(struct tl_bytes *b, unsigned size)
{
	const uint8_t *at = b->at;
	uint64_t value = 0;

	tl_bytes_skip(b, size);
	for (unsigned i = size; !b->bad && i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static inline int64_t tl_bytes_get_signed(struct tl_bytes *b, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (int64_t)(tl_bytes_get(b, size) << unused) >> unused;
}

uint64_t tl_bytes_uleb(struct tl_bytes *b);
int64_t tl_bytes_sleb(struct tl_bytes *b);
/* An encoded pointer: relative to itself, to data, or to nothing; any other marks b bad. */
uintptr_t tl_bytes_pointer(struct tl_bytes *b, unsigned encoding, const uint8_t *data);

#endif
