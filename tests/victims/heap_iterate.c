/* SPDX-License-Identifier: MIT */
/*
 * Two threads: one allocates in callbacks of dl_iterate_phdr, holding the loader's lock, the other
 * allocates by stacks that are new each time, which an unwinder looks up under that same lock.
 */
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 3000

static volatile int done;

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)info;
	(void)size;
	(void)data;
	free(malloc(100));
	return 0;
}

static void *walk(void *arg)
{
	while (!done)
		dl_iterate_phdr(visit, NULL);
	return arg;
}

typedef void *(*step)(unsigned path, int left);
static void *even(unsigned path, int left);
static void *odd(unsigned path, int left);

static void *go(unsigned path, int left)
{
	return left ? (path & 1 ? odd : even)(path >> 1, left - 1) : malloc(200);
}

#define STEP(name)                                                           \
	static __attribute__((noinline)) void *name(unsigned path, int left) \
	{                                                                    \
		void *p = go(path, left);                                    \
		__asm__ volatile("" : "+r"(p));                              \
		return p;                                                    \
	}
STEP(even)
STEP(odd)

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, walk, NULL);
	for (unsigned i = 0; i < ROUNDS; i++)
		free(go(i * 2654435761u, 20));
	done = 1;
	pthread_join(thread, NULL);
	puts("done");
	return 0;
}
