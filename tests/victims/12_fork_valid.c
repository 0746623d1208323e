/* SPDX-License-Identifier: MIT */
/*
 * Timers and fork, valid: a child has none of its parent's POSIX timers, it makes its own.
 */
#include <err.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static timer_t start_watchdog(void)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) < 0)
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	return timer;
}

int main(void)
{
	timer_t watchdog = start_watchdog();
	int status = 1;

	if (fork() == 0) {
		timer_delete(start_watchdog());
		return 0;
	}
	wait(&status);
	timer_delete(watchdog);
	puts(status ? "the child failed" : "the child had a watchdog of its own");
	return 0;
}
