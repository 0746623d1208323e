/* SPDX-License-Identifier: MIT */
/*
 * A plugin that leaves a timer behind.
 */
#include <signal.h>
#include <time.h>

int plugin_run(void);

int plugin_run(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	return timer_create(CLOCK_MONOTONIC, &ev, &t); /* LEAK */
}
