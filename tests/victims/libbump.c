/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin */
/*
 * An allocator in a library, which tells nobody the size of a block.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define POOL ((size_t)64 << 20)

static _Atomic(char *) pool;
static _Atomic size_t used;

static char *get_pool(void)
{
	char *expected = NULL, *mapped;

	if (pool)
		return pool;
	mapped = mmap(NULL, POOL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapped == MAP_FAILED)
		abort();
	atomic_compare_exchange_strong(&pool, &expected, mapped);
	return pool;
}

/* Each block has its size before it; freed ones are not used again. */
void *malloc(size_t size)
{
	size_t room = (size + 31) & ~(size_t)15, at = atomic_fetch_add(&used, room);
	char *block = get_pool() + at;

	if (room < size || at + room > POOL)
		return NULL;
	*(size_t *)block = room - 16;
	return block + 16;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t n, size_t size)
{
	return n && size > POOL / n ? NULL : malloc(n * size);
}

void *realloc(void *old, size_t size)
{
	char *block = malloc(size);
	size_t before = old ? *(size_t *)((char *)old - 16) : 0;

	if (block && old)
		memcpy(block, old, before < size ? before : size);
	return block;
}
