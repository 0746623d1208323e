/* SPDX-License-Identifier: MIT */
/*
 * hooks_alloc.h - what hooks of allocation calls do around the allocator, for C and C++ alike.
 */
#ifndef TL_HOOKS_ALLOC_H
#define TL_HOOKS_ALLOC_H

#include "heap.h"

/* The heap is on. Nearly always true, so that the rest can be cold. */
static inline bool tl_alloc_on(void)
{
	return tl_likely(tl_load(&tl_heap_entry.stage) == TL_HEAP_ON);
}

/* It is off: calls go straight to the allocator. Not unlikely either, as heap=off is to cost next
 * to nothing. */
static inline bool tl_alloc_off(void)
{
	return tl_load(&tl_heap_entry.stage) == TL_HEAP_PASS;
}

/* Other allocators than glibc's put blocks of up to 8 bytes at steps of 8; the map has steps of
 * 16. glibc gives 24 bytes for either. */
static inline size_t tl_alloc_size(size_t size)
{
	return size < TL_MAP_GRANULE ? TL_MAP_GRANULE : size;
}

void tl_alloc_count(void *p, size_t size, const struct tl_called *called);

/* Is a block of that size one that is not counted? Any size may be asked for, SIZE_MAX too, so none
 * is taken off before it is known to be no more than there is. */
static inline bool tl_alloc_passes(size_t size)
{
	uint64_t left;

	if (tl_unlikely(__builtin_sub_overflow(tl_heap_gap, size, &left)))
		return false;
	tl_heap_gap = left;
	return true;
}

/* A block has come into being. */
static inline void *tl_alloc_born(void *p, size_t size, const struct tl_called *called)
{
	if (tl_unlikely(!p))
		return p;
	tl_map_set((uintptr_t)p, TL_MAP_START);
	if (tl_unlikely(!tl_alloc_passes(size)))
		tl_alloc_count(p, size, called);
	return p;
}

/* malloc and calloc ask before the allocator does, so that nothing but the block is to be kept over
 * its call, and mostly no register saved for more. This is for a block that passed. */
static inline void *tl_alloc_passed(void *p)
{
	if (tl_likely(p != NULL))
		tl_map_set((uintptr_t)p, TL_MAP_START);
	return p;
}

/* A block is about to go: false if it is none that may be given to the allocator. */
bool tl_alloc_dying_slow(void *p, uint8_t bits);

static inline bool tl_alloc_dying(void *p)
{
	uint8_t bits = tl_map_take((uintptr_t)p);

	return tl_likely(bits == TL_MAP_START) || tl_alloc_dying_slow(p, bits);
}

#endif
