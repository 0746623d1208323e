/* SPDX-License-Identifier: MIT */
#include "util_pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT   16
#define FIRST_PIECE ((size_t)1 << 16)
#define LAST_PIECE  ((size_t)1 << 24)
#define PAGE	    ((uintptr_t)4096)
#define LARGE	    ((size_t)1 << 22) /* bytes from which huge pages pay */

struct pool_piece {
	struct pool_piece *before;
	size_t size;
};

/* Refused, it costs nothing. */
static void want_huge_pages(void *start, size_t size)
{
	uintptr_t first = ((uintptr_t)start + PAGE - 1) & ~(PAGE - 1);
	uintptr_t end = ((uintptr_t)start + size) & ~(PAGE - 1);

	if (size >= LARGE)
		madvise((char *)start + (first - (uintptr_t)start), end - first, MADV_HUGEPAGE);
}

static size_t next_size(const struct pool *pool, size_t needed)
{
	size_t size = pool->pieces ? 2 * pool->pieces->size : FIRST_PIECE;

	if (size > LAST_PIECE)
		size = LAST_PIECE;
	return size < needed ? needed : size;
}

static int add_piece(struct pool *pool, size_t size)
{
	struct pool_piece *piece =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (piece == MAP_FAILED)
		return -1;
	want_huge_pages(piece, size);
	*piece = (struct pool_piece){pool->pieces, size};
	pool->pieces = piece;
	pool->next = (char *)piece + ALIGNMENT;
	pool->left = size - ALIGNMENT;
	return 0;
}

void *pool_take(struct pool *pool, size_t size)
{
	void *taken;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > pool->left && add_piece(pool, next_size(pool, size + ALIGNMENT)))
		return NULL;
	taken = pool->next;
	pool->next += size;
	pool->left -= size;
	return taken;
}

void pool_free(struct pool *pool)
{
	struct pool_piece *piece, *before;

	for (piece = pool->pieces; piece; piece = before) {
		before = piece->before;
		munmap(piece, piece->size);
	}
	*pool = (struct pool){0};
}

void *array_zeroed(size_t count, size_t element)
{
	void *array = calloc(count, element);

	if (array)
		want_huge_pages(array, count * element);
	return array;
}
