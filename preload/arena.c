/* SPDX-License-Identifier: MIT */
#include "arena.h"
#include "sys.h"
#include <string.h>

#define BLOCK_SIZE	(64u * 1024)
#define BLOCK_SIZE_MAX	(4u << 20)
#define STEP_MIN	(16u * 1024) /* brought into memory at once */
#define STEP_MAX	(256u * 1024)
#define CLASS_MIN_SHIFT 4  /* 16 bytes */
#define CLASSES		11 /* up to 16 KiB; larger ones get mappings of their own */

struct block {
	struct block *next;
	size_t size;
};

struct free_item {
	struct free_item *next;
};

static struct {
	struct block *blocks;
	char *at, *end;
	char *brought; /* what lies before it is in memory: tl_sys_populate */
	struct free_item *free[CLASSES];
	size_t mapped;
} arena;

static int class_of(size_t size)
{
	int class = 0;

	while (((size_t)1 << (class + CLASS_MIN_SHIFT)) < size)
		class ++;
	return class;
}

/* Links the block at its head, so that a reset finds it. That many bytes of it are in memory. */
static void *map_block(size_t size, size_t bring)
{
	struct block *block = tl_sys_mmap(size);

	if (!block)
		return NULL;
	tl_sys_populate(block, bring);
	block->next = arena.blocks;
	block->size = size;
	arena.blocks = block;
	arena.mapped += size;
	return block + 1;
}

/* Buckets, filled all over as soon as they are there. */
static void *alloc_large(size_t size)
{
	size = (size + sizeof(struct block) + 4095) & ~(size_t)4095;
	return map_block(size, size);
}

static void free_large(void *p)
{
	struct block *dead = (struct block *)p - 1;

	for (struct block **link = &arena.blocks; *link; link = &(*link)->next) {
		if (*link != dead)
			continue;
		*link = dead->next;
		arena.mapped -= dead->size;
		tl_sys_munmap(dead, dead->size);
		return;
	}
}

/* As much as there is already: few mappings for large tables, little memory for small ones. */
static size_t next_block(void)
{
	size_t size = BLOCK_SIZE;

	while (size < arena.mapped && size < BLOCK_SIZE_MAX)
		size *= 2;
	return size;
}

static bool begin_block(void)
{
	size_t size = next_block();

	arena.at = map_block(size, STEP_MIN);
	arena.end = arena.at ? arena.at + size - sizeof(struct block) : NULL;
	arena.brought = arena.at ? arena.at + STEP_MIN - sizeof(struct block) : NULL;
	return arena.at != NULL;
}

/* An eighth of what is in use is brought along. */
static void bring(size_t size)
{
	size_t step = (arena.mapped - (size_t)(arena.end - arena.at)) / 8 & ~(size_t)4095;
	char *to;

	if (tl_likely((size_t)(arena.brought - arena.at) >= size))
		return;
	step = step < STEP_MIN ? STEP_MIN : step > STEP_MAX ? STEP_MAX : step;
	to = (size_t)(arena.end - arena.brought) < step ? arena.end : arena.brought + step;
	tl_sys_populate(arena.brought, (size_t)(to - arena.brought));
	arena.brought = to;
}

static void *carve(size_t size)
{
	if ((size_t)(arena.end - arena.at) < size && !begin_block())
		return NULL;
	bring(size);
	arena.at += size;
	return arena.at - size;
}

void tl_arena_reserve(void)
{
	if ((size_t)(arena.end - arena.at) < BLOCK_SIZE / 2)
		begin_block();
}

void *tl_arena_alloc(size_t size)
{
	int class = class_of(size);
	struct free_item *item;

	if (class >= CLASSES)
		return alloc_large(size);
	item = arena.free[class];
	if (!item)
		return carve((size_t)1 << (class + CLASS_MIN_SHIFT));
	arena.free[class] = item->next;
	memset(item, 0, (size_t)1 << (class + CLASS_MIN_SHIFT));
	return item;
}

void tl_arena_free(void *p, size_t size)
{
	int class = class_of(size);
	struct free_item *item = p;

	if (class >= CLASSES) {
		free_large(p);
		return;
	}
	item->next = arena.free[class];
	arena.free[class] = item;
}

size_t tl_arena_bytes(void)
{
	return arena.mapped;
}

void tl_arena_reset(bool inside)
{
	struct block *block = arena.blocks;

	while (block) {
		struct block *next = block->next;

		if (inside)
			tl_sys_empty(block, block->size);
		else
			tl_sys_munmap(block, block->size);
		block = next;
	}
	memset(&arena, 0, sizeof(arena));
}
