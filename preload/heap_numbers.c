/* SPDX-License-Identifier: MIT */
#include "heap_numbers.h"
#include "alone.h"
#include "heap_map.h"
#include "sink.h"
#include "sys.h"
#include <sys/mman.h>
#include <sys/syscall.h>

/* 0: none; else index + 1 + base. */
struct leaf {
	uint32_t numbers[TL_MAP_CELLS];
};

static struct leaf **root;
static uint32_t base; /* numbers up to it are of a process that we were forked from */
static uint32_t most; /* that was given out */

bool tl_numbers_init(void)
{
	if (!root)
		root = tl_sys_mmap_sparse(TL_MAP_LEAVES * sizeof(*root));
	return root != NULL;
}

static struct leaf *leaf_of(uintptr_t address)
{
	uintptr_t index = address >> TL_MAP_LEAF_SHIFT;

	return index < TL_MAP_LEAVES ? tl_load_acquire(&root[index]) : NULL;
}

static void unlock(void *p, size_t size)
{
	tl_syscall(SYS_munlock, (long)p, (long)size, 0, 0, 0, 0);
}

void tl_numbers_unlock(void)
{
	if (!root)
		return;
	unlock(root, TL_MAP_LEAVES * sizeof(*root));
	for (uintptr_t i = tl_map_next_leaf(0); i < TL_MAP_LEAVES; i = tl_map_next_leaf(i + 1))
		if (tl_load(&root[i]))
			unlock(root[i], sizeof(*root[i]));
}

static TL_COLD struct leaf *new_leaf(uintptr_t address)
{
	uintptr_t index = address >> TL_MAP_LEAF_SHIFT;
	struct leaf *leaf = index < TL_MAP_LEAVES ? tl_sys_mmap_sparse(sizeof(*leaf)) : NULL;
	struct leaf *there = NULL;

	if (leaf)
		tl_sys_populate(&root[index], sizeof(leaf));
	if (!leaf || __atomic_compare_exchange_n(&root[index], &there, leaf, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return leaf;
	tl_sys_munmap(leaf, sizeof(*leaf));
	return there;
}

static uint32_t *number_of(struct leaf *leaf, uintptr_t address)
{
	return leaf ? &leaf->numbers[address >> 4 & (TL_MAP_CELLS - 1)] : NULL;
}

TL_HOT bool tl_numbers_set(uintptr_t address, uint32_t heap)
{
	struct leaf *leaf = leaf_of(address);
	uint32_t *number = number_of(leaf ? leaf : new_leaf(address), address);

	if (!number)
		return false;
	tl_store(number, base + heap + 1);
	tl_quick_raise(&most, base + heap + 1);
	return true;
}

void tl_numbers_ahead(uintptr_t address, size_t size)
{
	struct leaf *leaf = root ? leaf_of(address) : NULL;

	if (root && !leaf)
		leaf = new_leaf(address);
	if (leaf)
		tl_sys_populate(number_of(leaf, address), size / 16 * sizeof(uint32_t));
}

void tl_numbers_give_back(uintptr_t address, size_t size)
{
	struct leaf *leaf = root ? leaf_of(address) : NULL;

	if (leaf)
		tl_syscall(SYS_madvise, (long)number_of(leaf, address),
			   (long)(size / 16 * sizeof(uint32_t)), MADV_DONTNEED, 0, 0, 0);
}

static uint32_t heap_of(uint32_t number)
{
	return number > base ? number - base - 1 : TL_NONE;
}

uint32_t tl_numbers_get(uintptr_t address)
{
	const uint32_t *number = number_of(leaf_of(address), address);

	return number ? heap_of(tl_load(number)) : TL_NONE;
}

TL_HOT uint32_t tl_numbers_take(uintptr_t address)
{
	uint32_t *number = number_of(leaf_of(address), address), was;

	if (!number)
		return TL_NONE;
	was = tl_load(number);
	tl_store(number, 0);
	return heap_of(was);
}

void tl_numbers_forked(void)
{
	base = most;
}
