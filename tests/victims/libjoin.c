/* SPDX-License-Identifier: MIT */
/*
 * A plugin whose constructor waits for a thread that makes a timer: the loader's lock is held
 * meanwhile, so whoever asks for it in that thread waits for ever.
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>

int plugin_run(void);

static int made;

static void *make(void *arg)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	made = timer_create(CLOCK_MONOTONIC, &ev, &t) == 0 && timer_delete(t) == 0;
	return arg;
}

static void __attribute__((constructor)) start(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, make, NULL) == 0)
		pthread_join(thread, NULL);
}

int plugin_run(void)
{
	return !made;
}
