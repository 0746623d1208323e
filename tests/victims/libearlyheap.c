/* SPDX-License-Identifier: MIT */
/*
 * A library that allocates in its constructor, before a preload is constructed, and in its
 * destructor, after every exit handler.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct held {
	char room[600];
	timer_t timer;
};

void earlyheap_free_first(void);

static struct held *volatile first, *volatile second;

static struct held *make_block(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	struct held *b = calloc(1, sizeof(*b));

	if (!b || timer_create(CLOCK_MONOTONIC, &ev, &b->timer) != 0)
		abort();
	return b;
}

static void __attribute__((constructor)) start(void)
{
	first = make_block();
	second = make_block();
}

void earlyheap_free_first(void)
{
	free(first); /* FREE */
}

static void __attribute__((destructor)) stop(void)
{
	for (size_t i = 1; i <= 1000; i++) {
		char *volatile block = malloc(i * 100);

		block[i] = 1;
		free(block);
	}
	free(second);
	if (write(1, "destroyed\n", 10) != 10)
		abort();
}
