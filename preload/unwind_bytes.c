/* SPDX-License-Identifier: MIT */
#include "unwind_bytes.h"

#define LONGEST 10 /* bytes of 7 bits that 64 bits need */

static uint64_t leb(struct tl_bytes *b, bool is_signed)
{
	uint64_t value = 0, byte = 0x80;
	unsigned shift = 0;

	for (int i = 0; i < LONGEST && byte & 0x80; i++, shift += 7) {
		byte = tl_bytes_get(b, 1);
		value |= (byte & 0x7f) << shift;
	}
	b->bad |= byte >> 7;
	if (is_signed && shift < 64 && byte & 0x40)
		value |= ~0ull << shift;
	return value;
}

uint64_t tl_bytes_uleb(struct tl_bytes *b)
{
	return leb(b, false);
}

int64_t tl_bytes_sleb(struct tl_bytes *b)
{
	return (int64_t)leb(b, true);
}

static uint64_t value_of(struct tl_bytes *b, unsigned format)
{
	switch (format) {
	case 0x00: /* as long as an address */
	case 0x04:
	case 0x0c:
		return tl_bytes_get(b, 8);
	case 0x01:
		return tl_bytes_uleb(b);
	case 0x02:
		return tl_bytes_get(b, 2);
	case 0x03:
		return tl_bytes_get(b, 4);
	case 0x09:
		return (uint64_t)tl_bytes_sleb(b);
	case 0x0a:
		return (uint64_t)tl_bytes_get_signed(b, 2);
	case 0x0b:
		return (uint64_t)tl_bytes_get_signed(b, 4);
	}
	b->bad = true;
	return 0;
}

uintptr_t tl_bytes_pointer(struct tl_bytes *b, unsigned encoding, const uint8_t *data)
{
	const uint8_t *here = b->at;
	uint64_t value = value_of(b, encoding & 0x0f);

	switch (encoding & 0xf0) {
	case TL_ENC_ABSOLUTE:
		return value;
	case TL_ENC_PC:
		return (uintptr_t)here + value;
	case TL_ENC_DATA:
		return (uintptr_t)data + value;
	}
	b->bad = true; /* 0x80, indirect, too: only personality routines are that */
	return 0;
}
