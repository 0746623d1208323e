/* SPDX-License-Identifier: MIT */
#include "heap_map.h"
#include "heap_ahead.h"
#include "heap_numbers.h"
#include "real.h"
#include "sys.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define LEAVES_BACK 4 /* how far the beginning of a block is looked for */

struct tl_heap_hot tl_heap_hot;
extern struct tl_heap_hot tl_heap_entry __attribute__((alias("tl_heap_hot")));
static uint64_t lost;

/* ---- the root: 4 MiB of address space, hardly any of it in memory ---------------------------- */

#define ROOT_PAGE 9 /* bits of an index within a page of the root */

static uint64_t root_pages[(TL_MAP_LEAVES >> ROOT_PAGE) / 64]; /* that hold a leaf */

/* Marked before the leaf is there for anyone to see. */
static void mark_root(uintptr_t leaf)
{
	uintptr_t page = leaf >> ROOT_PAGE;

	__atomic_fetch_or(&root_pages[page / 64], 1ull << page % 64, __ATOMIC_SEQ_CST);
}

uintptr_t tl_map_next_leaf(uintptr_t leaf)
{
	while (tl_heap_hot.root && leaf < TL_MAP_LEAVES) {
		uintptr_t page = leaf >> ROOT_PAGE;

		if (!(tl_load(&root_pages[page / 64]) >> page % 64 & 1))
			leaf = (page + 1) << ROOT_PAGE;
		else if (tl_load(&tl_heap_hot.root[leaf]))
			return leaf;
		else
			leaf++;
	}
	return TL_MAP_LEAVES;
}

bool tl_map_init(void)
{
	if (!tl_heap_hot.root)
		tl_heap_hot.root = tl_sys_mmap_sparse(TL_MAP_LEAVES * sizeof(struct tl_map_leaf *));
	return tl_heap_hot.root != NULL;
}

void tl_map_drop(void)
{
	for (uintptr_t i = tl_map_next_leaf(0); i < TL_MAP_LEAVES; i = tl_map_next_leaf(i + 1)) {
		tl_sys_munmap(tl_heap_hot.root[i], sizeof(*tl_heap_hot.root[i]));
		tl_heap_hot.root[i] = NULL;
	}
}

uint64_t tl_map_lost(void)
{
	return tl_load(&lost);
}

/* ---- memory that is locked ----------------------------------------------------------------- */

static bool locked; /* what is mapped from now on is, too */

/* A thread may enter a first block there at this very moment: then blocks are missing. */
static void give_back_pages(struct tl_map_leaf *leaf, uintptr_t index, uint32_t page, uint32_t end)
{
	const size_t size = 1u << TL_MAP_PAGE_SHIFT;

	tl_numbers_give_back((index << TL_MAP_LEAF_SHIFT) + page * size * TL_MAP_GRANULE,
			     (end - page) * size * TL_MAP_GRANULE);
	tl_syscall(SYS_madvise, (long)&leaf->cells[page * size], (long)((end - page) * size),
		   MADV_DONTNEED, 0, 0, 0);
	for (; page < end; page++)
		if (tl_load(&leaf->pages[page]))
			tl_add(&lost, 1);
}

static void give_back(struct tl_map_leaf *leaf, uintptr_t index)
{
	tl_syscall(SYS_munlock, (long)leaf, sizeof(*leaf), 0, 0, 0, 0);
	for (uint32_t page = 0, end; page < TL_MAP_PAGES; page = end + 1) {
		for (end = page; end < TL_MAP_PAGES && !tl_load(&leaf->pages[end]);)
			end++;
		if (end > page)
			give_back_pages(leaf, index, page, end);
	}
}

void tl_map_unlock(bool future)
{
	locked = locked || future;
	tl_numbers_unlock();
	tl_syscall(SYS_munlock, (long)tl_heap_hot.root, TL_MAP_LEAVES * sizeof(*tl_heap_hot.root),
		   0, 0, 0, 0);
	for (uintptr_t i = tl_map_next_leaf(0); i < TL_MAP_LEAVES; i = tl_map_next_leaf(i + 1))
		give_back(tl_heap_hot.root[i], i);
}

static struct tl_map_leaf *new_leaf(uintptr_t index)
{
	struct tl_map_leaf *leaf = tl_sys_mmap_sparse(sizeof(*leaf)), *there = NULL;

	if (leaf) {
		tl_sys_populate(leaf->pages, sizeof(leaf->pages));
		tl_sys_populate(&tl_heap_hot.root[index], sizeof(leaf));
	}
	mark_root(index);
	if (!leaf || __atomic_compare_exchange_n(&tl_heap_hot.root[index], &there, leaf, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return leaf;
	tl_sys_munmap(leaf, sizeof(*leaf));
	return there;
}

TL_COLD void tl_map_set_slow(uintptr_t address, uint8_t bits)
{
	uintptr_t index = address >> TL_MAP_LEAF_SHIFT;
	uint32_t cell = (uint32_t)(address >> 4 & (TL_MAP_CELLS - 1));
	struct tl_map_leaf *leaf = NULL;

	if (index < TL_MAP_LEAVES && !(address & (TL_MAP_GRANULE - 1))) {
		leaf = tl_load(&tl_heap_hot.root[index]);
		if (!leaf)
			leaf = new_leaf(index);
	}
	if (!leaf) {
		tl_add(&lost, 1);
		return;
	}
	tl_ahead_use(leaf, index, cell >> TL_MAP_PAGE_SHIFT, locked ? 1 : TL_AHEAD_MOST);
	tl_store(&leaf->cells[cell], bits);
}

void tl_map_mark(uintptr_t address, uint8_t bits)
{
	uint8_t *cell = tl_map_cell(address);

	if (cell && tl_load(cell))
		__atomic_fetch_or(cell, bits, __ATOMIC_RELAXED);
}

void tl_map_clear(uintptr_t address)
{
	uint8_t *cell = tl_map_cell(address);

	if (cell)
		tl_store(cell, 0);
}

static void each_in_leaf(uintptr_t index, void (*visit)(void *, uintptr_t), void *data)
{
	const struct tl_map_leaf *leaf = tl_heap_hot.root[index];

	for (uint32_t cell = 0; cell < TL_MAP_CELLS; cell++) {
		if (!(cell & ((1u << TL_MAP_PAGE_SHIFT) - 1)) &&
		    !tl_load(&leaf->pages[cell >> TL_MAP_PAGE_SHIFT]))
			cell += (1u << TL_MAP_PAGE_SHIFT) - 1;
		else if (tl_load(&leaf->cells[cell]))
			visit(data,
			      (index << TL_MAP_LEAF_SHIFT) + (uintptr_t)cell * TL_MAP_GRANULE);
	}
}

void tl_map_each(void (*visit)(void *, uintptr_t), void *data)
{
	for (uintptr_t i = tl_map_next_leaf(0); i < TL_MAP_LEAVES; i = tl_map_next_leaf(i + 1))
		each_in_leaf(i, visit, data);
}

/* ---- looking backwards -------------------------------------------------------------------- */

/* The last cell in use at or before `cell`, -1 if none. */
static int64_t last_in_leaf(const struct tl_map_leaf *leaf, uint32_t cell)
{
	uint32_t page = cell >> TL_MAP_PAGE_SHIFT, size = 1u << TL_MAP_PAGE_SHIFT;
	uint32_t end = cell + 1;

	for (;;) {
		const uint8_t *cells = &leaf->cells[page << TL_MAP_PAGE_SHIFT], *touched;

		for (uint32_t i = end - (page << TL_MAP_PAGE_SHIFT); leaf->pages[page] && i-- > 0;)
			if (tl_load(&cells[i]))
				return (int64_t)(page << TL_MAP_PAGE_SHIFT) + i;
		touched = page ? memrchr(leaf->pages, TL_MAP_USED, page) : NULL;
		if (!touched)
			return -1;
		page = (uint32_t)(touched - leaf->pages);
		end = (page << TL_MAP_PAGE_SHIFT) + size;
	}
}

uintptr_t tl_map_before(uintptr_t address)
{
	uintptr_t index = address >> TL_MAP_LEAF_SHIFT;
	uint32_t cell = (uint32_t)(address >> 4 & (TL_MAP_CELLS - 1));

	if (!tl_heap_hot.root || index >= TL_MAP_LEAVES)
		return 0;
	for (int back = 0; back < LEAVES_BACK; back++, index--, cell = TL_MAP_CELLS - 1) {
		const struct tl_map_leaf *leaf = tl_load(&tl_heap_hot.root[index]);
		int64_t found = leaf ? last_in_leaf(leaf, cell) : -1;

		if (found >= 0)
			return (index << TL_MAP_LEAF_SHIFT) + (uintptr_t)found * TL_MAP_GRANULE;
		if (!index)
			break;
	}
	return 0;
}

bool tl_map_find(uintptr_t address, struct tl_block *block)
{
	uintptr_t start = tl_map_before(address);

	if (!start || !tl_real_malloc_usable_size)
		return false;
	block->start = start;
	block->size = tl_real_malloc_usable_size((void *)start);
	return address - start < block->size;
}
