/* SPDX-License-Identifier: MIT */
/* The table of live blocks, sorted by address, and from an address to its block. */
#include "reach_state.h"
#include "real.h"
#include "sys.h"
#include <string.h>

#define PAGE_SHIFT     12 /* of addresses, for the index: at most 256 blocks begin in one */
#define PAGES_OF_LEAF  (1u << (TL_MAP_LEAF_SHIFT - PAGE_SHIFT))
#define CELLS_OF_PAGE  (1u << (PAGE_SHIFT - 4))
#define CELLS_OF_TOUCH (1u << TL_MAP_PAGE_SHIFT)

/* ---- filling ------------------------------------------------------------------------------ */

static uint32_t count_cells(const struct tl_map_leaf *leaf)
{
	uint32_t n = 0;

	for (uint32_t page = 0; page < TL_MAP_PAGES; page++) {
		const uint8_t *cells = &leaf->cells[page << TL_MAP_PAGE_SHIFT];

		for (uint32_t i = 0; leaf->pages[page] && i < CELLS_OF_TOUCH; i += 8) {
			uint64_t eight;

			memcpy(&eight, cells + i, 8);
			if (!eight)
				continue;
			for (uint32_t k = 0; k < 8; k++)
				n += cells[i + k] != 0;
		}
	}
	return n;
}

static uint64_t count_all(void)
{
	uint64_t n = 0;

	for (uintptr_t i = tl_map_next_leaf(0); i < TL_MAP_LEAVES; i = tl_map_next_leaf(i + 1))
		n += count_cells(tl_heap_hot.root[i]);
	return n;
}

static void fill_page(struct tl_reach_blocks *b, uintptr_t base, const uint8_t *cells)
{
	for (uint32_t i = 0; i < CELLS_OF_PAGE; i++)
		if (cells[i])
			b->start[b->count++] = base + (uintptr_t)i * TL_MAP_GRANULE;
}

static bool fill_leaf(struct tl_reach_blocks *b, uintptr_t index)
{
	const struct tl_map_leaf *leaf = tl_heap_hot.root[index];
	uint32_t *first = tl_sys_mmap_whole((PAGES_OF_LEAF + 1) * sizeof(*first));

	if (!first)
		return false;
	for (uint32_t page = 0; page < PAGES_OF_LEAF; page++) {
		uint32_t cell = page * CELLS_OF_PAGE;

		first[page] = b->count;
		if (leaf->pages[cell >> TL_MAP_PAGE_SHIFT])
			fill_page(b, (index << TL_MAP_LEAF_SHIFT) + ((uintptr_t)page << PAGE_SHIFT),
				  &leaf->cells[cell]);
	}
	first[PAGES_OF_LEAF] = b->count;
	b->first[index] = first;
	return true;
}

static bool fill(struct tl_reach_blocks *b, uint64_t room)
{
	b->start = tl_sys_mmap_whole((room + 1) * sizeof(*b->start));
	b->size = tl_sys_mmap_whole((room + 1) * sizeof(*b->size));
	b->flags = tl_sys_mmap_whole((room + 1) * sizeof(*b->flags));
	b->first = tl_sys_mmap_sparse(TL_MAP_LEAVES * sizeof(*b->first));
	if (!b->start || !b->size || !b->flags || !b->first)
		return false;
	for (uintptr_t i = tl_map_next_leaf(0); i < TL_MAP_LEAVES; i = tl_map_next_leaf(i + 1))
		if (!fill_leaf(b, i))
			return false;
	return true;
}

/* ---- sizes -------------------------------------------------------------------------------- */

/* A block that was freed unseen may have anything where its size was: no block reaches over the
 * beginning of the next. */
static uint64_t sane_size(const struct tl_reach_blocks *b, uint32_t i, uint64_t size)
{
	uint64_t most = i + 1 < b->count ? b->start[i + 1] - b->start[i] : UINT64_C(1) << 47;

	return size < most ? size : most;
}

/* What the word before a block of glibc's says of where it lies (malloc/malloc.c, IS_MMAPPED,
 * NON_MAIN_ARENA). */
static uint16_t whereabouts(uintptr_t start)
{
	uintptr_t head = *(const uintptr_t *)(start - sizeof(uintptr_t));

	return head & 2 ? TL_R_OWN_MAPPING : head & 4 ? TL_R_IN_ARENA : 0;
}

static void ask_sizes(struct tl_reach *r)
{
	struct tl_reach_blocks *b = &r->blocks;

	for (; r->step < b->count; r->step++) {
		uint32_t i = r->step;

		b->size[i] = sane_size(b, i, tl_real_malloc_usable_size((void *)b->start[i]));
		if (b->size[i] < sizeof(uintptr_t))
			b->size[i] = sizeof(uintptr_t);
		if (r->in_libc)
			b->flags[i] |= whereabouts(b->start[i]);
	}
}

static void skip_block(struct tl_reach *r)
{
	r->blocks.size[r->step] = sizeof(uintptr_t);
	r->step++;
}

static void find_crossing(struct tl_reach_blocks *b)
{
	for (uint32_t i = 0; i < b->count; i++) {
		uintptr_t last = b->start[i] + b->size[i] - 1;

		if (last >> TL_MAP_LEAF_SHIFT != b->start[i] >> TL_MAP_LEAF_SHIFT &&
		    b->crossings < TL_ARRAY_LEN(b->crossing))
			b->crossing[b->crossings++] = i;
		if (last >= b->high)
			b->high = last + 1;
	}
}

bool tl_reach_blocks(struct tl_reach *r)
{
	uint64_t room = count_all();

	if (room >= TL_R_NO_BLOCK || !fill(&r->blocks, room))
		return false;
	r->step = 0;
	tl_reach_guarded(r, ask_sizes, skip_block);
	r->blocks.tail = r->in_libc ? sizeof(uintptr_t) : 0;
	r->blocks.low = r->blocks.count ? r->blocks.start[0] : 0;
	find_crossing(&r->blocks);
	r->results->live_blocks = r->blocks.count;
	for (uint32_t i = 0; i < r->blocks.count; i++)
		r->results->live_bytes += r->blocks.size[i];
	r->stack = tl_sys_mmap((room + 1) * sizeof(*r->stack));
	return r->stack != NULL;
}

/* ---- looking up --------------------------------------------------------------------------- */

/* The last word of a block of glibc's is the head of the next chunk: its bins and its top point
 * there, and mean that one. */
static uint32_t covers(const struct tl_reach_blocks *b, uint32_t i, uintptr_t address)
{
	return address - b->start[i] < b->size[i] - b->tail ? i : TL_R_NO_BLOCK;
}

static uint32_t find_crossing_block(const struct tl_reach_blocks *b, uintptr_t address)
{
	for (uint32_t i = 0; i < b->crossings; i++)
		if (covers(b, b->crossing[i], address) != TL_R_NO_BLOCK)
			return b->crossing[i];
	return TL_R_NO_BLOCK;
}

uint32_t tl_reach_find(const struct tl_reach_blocks *b, uintptr_t address)
{
	const uint32_t *first;
	uint32_t page, low, high;

	if (address - b->low >= b->high - b->low)
		return TL_R_NO_BLOCK;
	first = b->first[address >> TL_MAP_LEAF_SHIFT];
	if (!first)
		return find_crossing_block(b, address);
	page = (uint32_t)(address >> PAGE_SHIFT) & (PAGES_OF_LEAF - 1);
	low = first[page];
	high = first[page + 1];
	while (low < high) { /* ends with the number of blocks that begin at or before it */
		uint32_t middle = low + (high - low) / 2;

		if (b->start[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? covers(b, low - 1, address) : TL_R_NO_BLOCK;
}
