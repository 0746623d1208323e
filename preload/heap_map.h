/* SPDX-License-Identifier: MIT */
/*
 * heap_map.h - which addresses are blocks that the host has now: a byte for 16 bytes of address
 * space, in leaves that are mapped when the first block lies there.
 *
 * A block has one owner, so setting and taking its byte needs neither a lock nor an atomic
 * read-modify-write: set after the allocator gave the block, taken before it gets it back. Sizes
 * are asked of the allocator. A leaf has a byte for each of its pages that was ever written to, so
 * that looking backwards for the beginning of a block does not touch what lies fallow.
 *
 * Async-signal-safe. No lock; the address range of a block is meaningful only while the caller
 * keeps it from being freed.
 */
#ifndef TL_HEAP_MAP_H
#define TL_HEAP_MAP_H

#include "heap_hot.h"

#define TL_MAP_START   0x1u /* a block begins here */
#define TL_MAP_COUNTED 0x2u /* heap_count.h has an entry for it */
#define TL_MAP_TIED    0x4u /* ties.h has: a timer's handle or payload lies here */

#define TL_MAP_GRANULE	  16u /* of every allocator, from 16 bytes on: see hooks_alloc.c */
#define TL_MAP_LEAF_SHIFT 28  /* 256 MiB of addresses a leaf */
#define TL_MAP_CELLS	  (1u << (TL_MAP_LEAF_SHIFT - 4))
#define TL_MAP_PAGE_SHIFT 12 /* 4 KiB of cells, 64 KiB of addresses */
#define TL_MAP_PAGES	  (TL_MAP_CELLS >> TL_MAP_PAGE_SHIFT)
#if defined(__x86_64__)
#define TL_MAP_LEAVES (1u << (47 - TL_MAP_LEAF_SHIFT))
#else
#define TL_MAP_LEAVES (1u << (48 - TL_MAP_LEAF_SHIFT))
#endif

enum tl_map_page {
	TL_MAP_FALLOW,
	TL_MAP_USED,  /* was written to */
	TL_MAP_AHEAD, /* is in memory: heap_ahead.h */
};

struct tl_map_leaf {
	uint8_t pages[TL_MAP_PAGES]; /* enum tl_map_page */
	uint8_t cells[TL_MAP_CELLS];
};

bool tl_map_init(void);
void tl_map_drop(void);		 /* nothing is recorded any more; nobody may be inside */
void tl_map_unlock(bool future); /* see tl_heap_unlock */
uint64_t tl_map_lost(void);	 /* blocks that could not be entered, ever */

/* The rare part of setting: a new leaf or page, or a block that cannot be entered. */
void tl_map_set_slow(uintptr_t address, uint8_t bits);

/* The number of a granule; of an address between two, one that no leaf has. */
static inline uintptr_t tl_map_granule(uintptr_t address)
{
	return address / TL_MAP_GRANULE | address << 60;
}

static inline struct tl_map_leaf *tl_map_leaf(uintptr_t granule)
{
	uintptr_t leaf = granule / TL_MAP_CELLS;

	return tl_likely(leaf < TL_MAP_LEAVES) ? tl_load(&tl_heap_hot.root[leaf]) : NULL;
}

/* NULL: no block begins there. */
static inline uint8_t *tl_map_cell(uintptr_t address)
{
	uintptr_t granule = tl_map_granule(address);
	struct tl_map_leaf *leaf = tl_map_leaf(granule);

	return leaf ? &leaf->cells[granule % TL_MAP_CELLS] : NULL;
}

static inline void tl_map_set(uintptr_t address, uint8_t bits)
{
	uintptr_t granule = tl_map_granule(address), cell = granule % TL_MAP_CELLS;
	struct tl_map_leaf *leaf = tl_map_leaf(granule);

	if (tl_likely(leaf && tl_load(&leaf->pages[cell >> TL_MAP_PAGE_SHIFT]) == TL_MAP_USED))
		tl_store(&leaf->cells[cell], bits);
	else
		tl_map_set_slow(address, bits);
}

/* Marks more about a block that is set. */
void tl_map_mark(uintptr_t address, uint8_t bits);
void tl_map_clear(uintptr_t address);

/* What was set there, which is then gone; a block with ties stays until tl_map_clear, for others
 * may be about to look for it by an address. 0: no block of ours begins there. */
static inline uint8_t tl_map_take(uintptr_t address)
{
	uint8_t *cell = tl_map_cell(address), bits;

	if (tl_unlikely(!cell))
		return 0;
	bits = tl_load(cell);
	if (tl_likely(bits == TL_MAP_START) || !(bits & TL_MAP_TIED))
		tl_store(cell, 0);
	return bits;
}

static inline uint8_t tl_map_get(uintptr_t address)
{
	const uint8_t *cell = tl_map_cell(address);

	return cell ? tl_load(cell) : 0;
}

/* Beginning of the nearest block at or before the address, 0 if there is none within 1 GiB. */
uintptr_t tl_map_before(uintptr_t address);

/* The index of the first leaf from this one on, TL_MAP_LEAVES if none. Does not touch what is
 * fallow of the root, which are 4 MiB of address space. */
uintptr_t tl_map_next_leaf(uintptr_t index);

/* Every block, by address. Others may come and go meanwhile. */
void tl_map_each(void (*visit)(void *data, uintptr_t start), void *data);

struct tl_block {
	uintptr_t start;
	size_t size; /* usable bytes */
};

/* The live block that contains the address, interior pointers included. */
bool tl_map_find(uintptr_t address, struct tl_block *block);

#endif
