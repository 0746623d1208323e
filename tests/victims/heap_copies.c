/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/* Blocks that are freed with handles in them: what a copy is, and what it costs to look for one. */
#include <malloc.h>
#include <sys/prctl.h>

#include "heap.h"

void *volatile kept;

/* ---- what is none --------------------------------------------------------------------------- */

struct pair {
	timer_t first, second;
};

struct node {
	struct node *before;
	size_t count;
};

__attribute__((noinline)) static void drop(struct pair *p, struct node *volatile node)
{
	free(p); /* FREE */
	node->count++;
}

/* The first two handles of a process are 0 and 1, as are a null pointer and a count. */
static void none_and_one(void)
{
	struct pair *p = (struct pair *)calloc(1, sizeof(*p));
	struct node *node = (struct node *)calloc(1, sizeof(*node));

	MUST(p && node);
	node->count = 1;
	kept = node;
	make(&p->first);
	make(&p->second);
	drop(p, node);
	node->count = 1;
}

/* An array of them in order: as are those of eight timers. */
static void indexes(void)
{
	timer_t *timers = (timer_t *)calloc(8, sizeof(*timers));
	size_t *order = (size_t *)calloc(8, sizeof(*order));

	MUST(timers && order);
	for (size_t i = 0; i < 8; i++) {
		make(&timers[i]);
		order[i] = i;
	}
	kept = order;
	drop((struct pair *)timers, (struct node *)order);
	order[1] = 1;
}

enum { LARGE = 3600, PART = 2000 };

struct large {
	char room[PART + 1000];
	timer_t timers[3]; /* 0, 1 and 2 */
	char more[LARGE - PART - 1000];
};

/* A smaller block is where a copy was, and behind its end is the rest of that. */
static void leave_behind(int notify)
{
	struct large *first = (struct large *)calloc(1, sizeof(*first)), *copy;
	char *small;

	MUST(first != NULL);
	for (int i = 0; i < 3; i++)
		make_as(notify, &first->timers[i], NULL, call_back);
	copy = (struct large *)calloc(1, sizeof(*copy));
	MUST(copy && malloc(PART / 10));
	memcpy(copy, first, sizeof(*copy));
	free(copy);
	small = (char *)calloc(1, PART);
	MUST(small != NULL);
	if ((uintptr_t)small != (uintptr_t)copy)
		skip("malloc does not give a part of what was freed");
	kept = small;
	drop((struct pair *)first, (struct node *)small);
}

static void behind_its_end(void)
{
	leave_behind(SIGEV_NONE);
}

/* The kernel compares. */
static void behind_its_end_of_two(void)
{
	leave_behind(SIGEV_THREAD);
}

/* ---- costs ---------------------------------------------------------------------------------- */

#define SECOND 1000000000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / SECOND;
}

/* Handles in a block, each so far from the next, and in a copy; gives how long the free took. */
static double copy_many(size_t count, size_t apart)
{
	char *block = (char *)malloc(count * apart), *copy;
	double took;

	MUST(block != NULL);
	for (size_t i = 0; i < count; i++)
		make((timer_t *)(block + i * apart));
	copy = (char *)malloc(count * apart);
	MUST(copy != NULL);
	memcpy(copy, block, count * apart);
	took = -now();
	free(block);
	took += now();
	kept = copy;
	return took;
}

/* Whoever sleeps here does so for a while. */
static void of_two(void)
{
	be_two();
	MUST(prctl(PR_SET_TIMERSLACK, SECOND / 50) == 0);
	MUST(copy_many(100, sizeof(timer_t)) < 1);
}

enum { MANY = 10000, APART = 1024, SMALL = 24 };

/* Where small blocks were before. */
static void in_used_heap(void)
{
	size_t count = 2 * MANY * (size_t)APART / 32;
	void **small = (void **)malloc(count * sizeof(*small));

	MUST(small != NULL);
	MUST(mallopt(M_MMAP_THRESHOLD, 1 << 30) && mallopt(M_TRIM_THRESHOLD, 1 << 30));
	for (size_t i = 0; i < count; i++)
		MUST((small[i] = malloc(SMALL)) != NULL);
	for (size_t i = 0; i < count; i++)
		free(small[i]);
	MUST(copy_many(MANY, APART) < 1);
}

int main(int argc, char **argv)
{
	const struct test_case all[] = {CASE(none_and_one),   CASE(indexes),
					CASE(behind_its_end), CASE(behind_its_end_of_two),
					CASE(of_two),	      CASE(in_used_heap)};

	return RUN_CASE(all, argc, argv);
}
