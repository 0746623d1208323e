/* SPDX-License-Identifier: MIT */
#include "unwind_fde.h"

#define FORMAT_DATA4  0x03 /* udata4 */
#define FORMAT_TABLE  0x3b /* datarel | sdata4 */
#define LONGEST_ENTRY (1u << 24)

/* Pairs of offsets from the header: where a function begins, where its description is. */
struct table {
	const uint8_t *pairs;
	uint64_t count;
};

static struct tl_bytes from(const struct tl_fde_sections *s, const uint8_t *at)
{
	if (at < s->start || at >= s->end)
		return (struct tl_bytes){s->end, s->end, true};
	return (struct tl_bytes){at, s->end, false};
}

struct head {
	uintptr_t frames;
	unsigned count_format, table_format;
	struct tl_bytes rest;
};

static struct head read_head(const uint8_t *header, const uint8_t *end)
{
	struct tl_bytes b = {header, end, false};
	unsigned version = (unsigned)tl_bytes_get(&b, 1);
	unsigned frame_encoding = (unsigned)tl_bytes_get(&b, 1);
	struct head head = {.count_format = (unsigned)tl_bytes_get(&b, 1)};

	head.table_format = (unsigned)tl_bytes_get(&b, 1);
	if (frame_encoding != TL_ENC_OMIT)
		head.frames = tl_bytes_pointer(&b, frame_encoding, header);
	b.bad |= version != 1;
	head.rest = b;
	return head;
}

uintptr_t tl_fde_frames(const uint8_t *header, const uint8_t *end)
{
	struct head head = read_head(header, end);

	return head.rest.bad ? 0 : head.frames;
}

static bool read_table(const struct tl_fde_sections *s, struct table *table)
{
	struct head head = read_head(s->header, s->header_end);
	struct tl_bytes *b = &head.rest;

	if (head.count_format != FORMAT_DATA4 || head.table_format != FORMAT_TABLE)
		return false;
	table->count = tl_bytes_get(b, 4);
	table->pairs = b->at;
	return !b->bad && table->count && table->count <= tl_bytes_left(b) / 8;
}

static bool is_without_table(const struct tl_fde_sections *s)
{
	struct head head = read_head(s->header, s->header_end);

	return !head.rest.bad && head.frames && head.table_format == TL_ENC_OMIT;
}

static int64_t offset_at(const uint8_t *at)
{
	struct tl_bytes b = {at, at + 4, false};

	return tl_bytes_get_signed(&b, 4);
}

/* The last that begins at or before the address. */
static const uint8_t *search(const struct tl_fde_sections *s, const struct table *table,
			     uintptr_t address)
{
	int64_t wanted = (int64_t)(address - (uintptr_t)s->header);
	uint64_t low = 0, high = table->count;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (offset_at(table->pairs + middle * 8) <= wanted)
			low = middle;
		else
			high = middle;
	}
	if (offset_at(table->pairs + low * 8) > wanted)
		return NULL;
	return s->header + offset_at(table->pairs + low * 8 + 4);
}

/* A CIE or FDE without its length: 64-bit ones (length ~0) nobody writes. */
static struct tl_bytes entry_at(const struct tl_fde_sections *s, const uint8_t *at)
{
	struct tl_bytes b = from(s, at);
	uint64_t length = tl_bytes_get(&b, 4);

	if (b.bad || length > LONGEST_ENTRY || length > tl_bytes_left(&b))
		return (struct tl_bytes){s->end, s->end, true};
	b.end = b.at + length;
	return b;
}

/* What the letters of the augmentation announce; encoding: of the FDE's addresses. */
static bool read_augmentation(struct tl_bytes *b, const char *letters, struct tl_fde *fde,
			      unsigned *encoding)
{
	uint64_t size = tl_bytes_uleb(b);
	struct tl_bytes data = *b;

	tl_bytes_skip(b, size);
	data.end = b->at;
	for (; *letters && !data.bad; letters++) {
		if (*letters == 'R')
			*encoding = (unsigned)tl_bytes_get(&data, 1);
		else if (*letters == 'L')
			tl_bytes_get(&data, 1);
		else if (*letters == 'P') /* its address may be indirect: read for its length */
			tl_bytes_pointer(&data, tl_bytes_get(&data, 1) & 0x0f, NULL);
		else if (*letters == 'S')
			fde->signal_frame = true;
		else
			return false;
	}
	return !data.bad;
}

static bool read_cie(const struct tl_fde_sections *s, const uint8_t *at, struct tl_fde *fde,
		     unsigned *encoding)
{
	struct tl_bytes b = entry_at(s, at);
	uint64_t id = tl_bytes_get(&b, 4), version = tl_bytes_get(&b, 1);
	const char *letters = (const char *)b.at;

	while (tl_bytes_get(&b, 1))
		;
	if (id || b.bad || (version != 1 && version != 3) || (*letters && *letters != 'z'))
		return false;
	fde->augmented = *letters;
	fde->code_align = tl_bytes_uleb(&b);
	fde->data_align = tl_bytes_sleb(&b);
	fde->return_register = version == 1 ? tl_bytes_get(&b, 1) : tl_bytes_uleb(&b);
	*encoding = TL_ENC_ABSOLUTE;
	if (fde->augmented && !read_augmentation(&b, letters + 1, fde, encoding))
		return false;
	fde->initial = b;
	return !b.bad;
}

/* Is it this FDE that covers the address? */
static bool covers(const struct tl_fde_sections *s, struct tl_bytes b, uintptr_t address,
		   struct tl_fde *fde)
{
	const uint8_t *id = b.at;
	uint64_t back = tl_bytes_get(&b, 4); /* to its CIE; of a CIE itself it is 0 */
	unsigned encoding = 0;

	*fde = (struct tl_fde){0};
	if (b.bad || !back || !read_cie(s, id - back, fde, &encoding))
		return false;
	fde->start = tl_bytes_pointer(&b, encoding, s->header);
	fde->end = fde->start + tl_bytes_pointer(&b, encoding & 0x0f, NULL);
	if (fde->augmented)
		tl_bytes_skip(&b, tl_bytes_uleb(&b));
	fde->program = b;
	return !b.bad && address >= fde->start && address < fde->end;
}

/* Linkers leave the table out where one of their inputs has descriptions that they do not
 * understand. */
static bool find_without_table(const struct tl_fde_sections *s, uintptr_t address,
			       struct tl_fde *fde)
{
	uintptr_t frames = tl_fde_frames(s->header, s->header_end);
	struct tl_bytes entry = entry_at(s, (const uint8_t *)frames);

	while (entry.at < entry.end) {
		if (covers(s, entry, address, fde))
			return true;
		entry = entry_at(s, entry.end);
	}
	return false;
}

bool tl_fde_find(const struct tl_fde_sections *s, uintptr_t address, struct tl_fde *fde)
{
	struct table table;
	const uint8_t *at;

	if (is_without_table(s))
		return find_without_table(s, address, fde);
	return read_table(s, &table) && (at = search(s, &table, address)) &&
	       covers(s, entry_at(s, at), address, fde);
}
