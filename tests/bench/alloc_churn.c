/* SPDX-License-Identifier: MIT */
/*
 * alloc_churn THREADS CALLS DEPTH: each thread keeps 4,096 blocks of 16 bytes to 8 KiB and replaces
 * them at random, by 256 different stacks of that depth. Says the CPU time of a
 * replacement as "each".
 */
#include "bench.h"

#include <pthread.h>
#include <stdint.h>

#define LIVE 4096

static long calls;
static int depth;

static uint32_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

typedef void *(*step)(int left, uint32_t path, size_t size);
static void *left_step(int left, uint32_t path, size_t size);
static void *right_step(int left, uint32_t path, size_t size);

/* Eight times left or right make 256 stacks; the rest is the same for all. */
static step choose(int left, uint32_t path)
{
	return left < 8 && path >> left & 1 ? right_step : left_step;
}

#define STEP(name)                                                                            \
	static __attribute__((noinline)) void *name(int left, uint32_t path, size_t size)     \
	{                                                                                     \
		void *p = left ? choose(left - 1, path)(left - 1, path, size) : malloc(size); \
		__asm__ volatile("" : "+r"(p));                                               \
		return p;                                                                     \
	}
STEP(left_step)
STEP(right_step)

static void *work(void *arg)
{
	uint64_t state = (uintptr_t)arg + 1;
	void **live = calloc(LIVE, sizeof(*live));

	for (long i = 0; i < calls; i++) {
		uint32_t r = next(&state), slot = r % LIVE;
		size_t size = (size_t)16 << (next(&state) % 10);

		free(live[slot]);
		live[slot] =
		    choose(depth, r >> 12)(depth, r >> 12, size - next(&state) % (size / 2));
		*(volatile char *)live[slot] = 1;
	}
	for (int i = 0; i < LIVE; i++)
		free(live[i]);
	free(live);
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t ids[64];

	calls = argc > 2 ? atol(argv[2]) : 1000000;
	depth = argc > 3 ? atoi(argv[3]) : 25;
	for (uintptr_t i = 0; i < (uintptr_t)threads; i++)
		pthread_create(&ids[i], NULL, work, (void *)i);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	measured("each", cpu_ns() / (double)calls / threads);
	return 0;
}
