/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin */
/*
 * A program with a malloc of its own, which nobody can listen to: a handle in a block that was
 * freed, and one in a block that is lost.
 */
#include <stdatomic.h>
#include <sys/mman.h>

#include "heap.h"

static _Atomic(char *) unused;
static struct ctx *volatile stale __attribute__((unused));

/* Each block has its size before it; freed ones are not used again. */
void *malloc(size_t size)
{
	char *expected = NULL, *block;

	if (!unused) {
		block = mmap(NULL, 16 * BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
		MUST(block != MAP_FAILED);
		atomic_compare_exchange_strong(&unused, &expected, block);
	}
	size = (size + 31) & ~(size_t)15;
	block = atomic_fetch_add(&unused, size);
	*(size_t *)block = size - 16;
	return block + 16;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t n, size_t size)
{
	return malloc(n * size);
}

void *realloc(void *old, size_t size)
{
	char *block = malloc(size);
	size_t before = old ? *(size_t *)((char *)old - 16) : 0;

	memcpy(block, old, before < size ? before : size);
	return block;
}

int main(void)
{
	stale = new_ctx();
	make(&stale->timer);
	free(stale);
	stale = NULL;
	make(&new_ctx()->timer);
	return 0;
}
