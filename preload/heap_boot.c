/* SPDX-License-Identifier: MIT */
#include "heap_boot.h"

static TL_BIG _Alignas(16) char pool[4096];
static size_t used;

/* The size of a block stands in the 16 bytes before it. */
void *tl_boot_alloc(size_t size, size_t alignment)
{
	size_t at;

	if (alignment < 16)
		alignment = 16;
	if (size > sizeof(pool) || alignment > sizeof(pool))
		return NULL;
	at = (used + 16 + alignment - 1) & ~(alignment - 1);
	if (at + size > sizeof(pool))
		return NULL;
	used = at + size;
	*(size_t *)(pool + at - 16) = size;
	return pool + at;
}

bool tl_boot_used(void)
{
	return used > 0;
}

bool tl_boot_owns(const void *p)
{
	return (uintptr_t)p - (uintptr_t)pool < sizeof(pool);
}

size_t tl_boot_size(const void *p)
{
	return *(const size_t *)((const char *)p - 16);
}
