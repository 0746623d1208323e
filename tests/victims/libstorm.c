/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin */
/*
 * A library that allocates a lot when it is loaded, keeps some of it, and a timer in a block, and
 * gives all back when it goes.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 20000
#define KEPT   256

static void *kept[KEPT];
static timer_t *timer;

static void __attribute__((constructor)) start(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	for (size_t i = 0; i < ROUNDS; i++) {
		free(kept[i % KEPT]);
		kept[i % KEPT] = i % 3 ? malloc(i) : realloc(malloc(i), 3 * i + 1);
		if (!kept[i % KEPT])
			abort();
	}
	timer = malloc(sizeof(*timer));
	if (!timer || timer_create(CLOCK_MONOTONIC, &ev, timer) != 0)
		abort();
}

static void __attribute__((destructor)) stop(void)
{
	if (timer_delete(*timer) != 0)
		abort();
	free(timer);
	for (size_t i = 0; i < KEPT; i++)
		free(kept[i]);
}
