/* SPDX-License-Identifier: MIT */
/*
 * A plugin whose constructor waits for a thread that allocates much: the loader's lock is held
 * meanwhile, so whoever asks for it in that thread, to see its stack, waits for ever.
 */
#include <pthread.h>
#include <stdlib.h>

int plugin_run(void);

static int blocks;

static void *allocate(void *arg)
{
	for (int i = 0; i < 200; i++) {
		char *volatile block = malloc(1 << 20);

		blocks += block != NULL;
		free(block);
	}
	return arg;
}

static void __attribute__((constructor)) start(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, allocate, NULL) == 0)
		pthread_join(thread, NULL);
}

int plugin_run(void)
{
	return blocks != 200;
}
