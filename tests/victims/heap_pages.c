/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * What leads to the block with the handle lies where a copy of the process does not simply find it:
 * in shared memory, in pages that may not be read, that a fork leaves out, that a file has lost;
 * next to blocks that might as well be the allocator's; or mappings come and go meanwhile.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include "heap.h"

#define PAGE ((size_t)4096)
#define POOL (4 * BIG)

static struct ctx *volatile head;

static struct ctx *with_timer(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	return c;
}

/* A new place is somewhere else, and its mapping is nobody's by name. */
static char *map(size_t size, int flags, int fd)
{
	char *pool = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	MUST(pool != MAP_FAILED);
	return pool;
}

static char *map_pool(int flags)
{
	return map(POOL, flags | MAP_ANONYMOUS, -1);
}

/* In no register and on no stack is it left. */
static NOINLINE void hide(char *place)
{
	*(struct ctx **)place = with_timer();
	put_last();
}

/* ---- pools ---------------------------------------------------------------------------------- */

static void private_pool(void)
{
	hide(map_pool(MAP_PRIVATE) + POOL - 3 * PAGE);
}

static void shared_pool(void)
{
	hide(map_pool(MAP_SHARED) + POOL - 3 * PAGE);
}

static int new_file(size_t size)
{
	int fd = memfd_create("pool", 0);

	MUST(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	return fd;
}

static void file_pool(void)
{
	hide(map(POOL, MAP_SHARED, new_file(POOL)) + POOL - 3 * PAGE);
}

/* Reading what was never written would make it: the test looks at the size of the file. */
static void sparse_file_pool(void)
{
	int fd = open(getenv("POOL_FILE"), O_RDWR | O_CREAT, 0600);

	MUST(fd >= 0 && ftruncate(fd, 16 * POOL) == 0);
	hide(map(16 * POOL, MAP_SHARED, fd) + POOL);
}

static void unforked_pool(void)
{
	char *pool = map_pool(MAP_PRIVATE);

	hide(pool + POOL - 3 * PAGE);
	MUST(madvise(pool, POOL, MADV_DONTFORK) == 0);
}

/* The pages behind the end are still mapped. */
static void cut_file(void)
{
	int fd = new_file(POOL);
	char *pool = map(POOL, MAP_SHARED, fd);

	memset(pool, 1, POOL);
	hide(pool + PAGE);
	MUST(ftruncate(fd, (off_t)(2 * PAGE)) == 0);
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* Whole pages, and nothing else in them. */
static struct ctx *in_pages(size_t size)
{
	struct ctx *c = aligned_alloc(PAGE, size);

	MUST(c != NULL);
	memset(c, 0, sizeof(*c));
	return c;
}

static struct ctx *hold_in_pages(size_t size)
{
	struct ctx *holder = in_pages(size);

	holder->next = with_timer();
	head = holder;
	put_last();
	return holder;
}

static void protected_holder(void)
{
	MUST(mprotect(hold_in_pages(4 * PAGE), 4 * PAGE, PROT_NONE) == 0);
}

static void protected_large_holder(void)
{
	MUST(mprotect(hold_in_pages(POOL), POOL, PROT_NONE) == 0);
}

static void unforked_holder(void)
{
	MUST(madvise(hold_in_pages(4 * PAGE), 4 * PAGE, MADV_DONTFORK) == 0);
}

static void unforked_large_holder(void)
{
	MUST(madvise(hold_in_pages(POOL), POOL, MADV_DONTFORK) == 0);
}

/* A chain of blocks in pages of their own, the handle in the last one. */
static struct ctx *chain(int n)
{
	struct ctx *first = NULL;

	for (int i = 0; i < n; i++) {
		struct ctx *c = in_pages(PAGE);

		if (!first)
			make(&c->timer);
		c->next = first;
		first = c;
	}
	return first;
}

static void protect_chain(struct ctx *c)
{
	for (struct ctx *next; c; c = next) {
		next = c->next;
		MUST(mprotect(c, PAGE, PROT_NONE) == 0);
	}
}

static void protected_chain(void)
{
	struct ctx *first = chain(50);

	head = first;
	protect_chain(first);
}

static NOINLINE void protected_chain_lost(void)
{
	protect_chain(chain(50));
	put_last();
}

/* ---- next to the allocator's ---------------------------------------------------------------- */

static void *volatile kept[3000];

/* Small blocks have mappings of their own, and the pool lies among them. */
static void low_threshold(void)
{
	char *pool = map(PAGE * 16, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	MUST(mallopt(M_MMAP_THRESHOLD, 4096) == 1);
	for (int i = 0; i < 20; i++)
		kept[i] = malloc(8000);
	hide(pool + 64);
}

/* The main arena cannot grow in place and goes on among other mappings. */
static void no_break(void)
{
	char *pool;

	MUST(mmap(sbrk(0), PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	     MAP_FAILED);
	for (int i = 0; i < 3000; i++)
		kept[i] = malloc(1000);
	pool = map(64 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	hide(pool + 17 * PAGE);
}

/* ---- mappings come and go ------------------------------------------------------------------- */

static void *map_and_unmap(void *arg)
{
	(void)arg;
	for (;;) {
		char *pool = map(BIG, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		*(struct ctx *volatile *)(pool + 100 * PAGE) = head;
		munmap(pool, BIG);
	}
}

static void vanishing(void)
{
	pthread_t t;

	head = with_timer();
	for (int i = 0; i < 4; i++)
		MUST(pthread_create(&t, NULL, map_and_unmap, NULL) == 0);
	usleep(20000);
}

static const struct test_case cases[] = {
    CASE(private_pool),	    CASE(shared_pool),
    CASE(file_pool),	    CASE(sparse_file_pool),
    CASE(unforked_pool),    CASE(cut_file),
    CASE(protected_holder), CASE(protected_large_holder),
    CASE(unforked_holder),  CASE(unforked_large_holder),
    CASE(protected_chain),  CASE(protected_chain_lost),
    CASE(low_threshold),    CASE(no_break),
    CASE(vanishing),
};

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
