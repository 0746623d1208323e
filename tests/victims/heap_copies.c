/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/* Blocks that are freed with handles in them: what a copy is, and what it costs to look for one. */
#include <pthread.h>
#include <sys/prctl.h>

#include "heap.h"

void *volatile kept;

/* ---- costs ---------------------------------------------------------------------------------- */

#define SECOND 1000000000

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

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
	pthread_t other;

	MUST(pthread_create(&other, NULL, sleep_on, NULL) == 0);
	MUST(prctl(PR_SET_TIMERSLACK, SECOND / 50) == 0);
	MUST(copy_many(100, sizeof(timer_t)) < 1);
}

int main(int argc, char **argv)
{
	const struct test_case all[] = {CASE(of_two)};

	return RUN_CASE(all, argc, argv);
}
