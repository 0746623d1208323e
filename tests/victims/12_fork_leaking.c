/* SPDX-License-Identifier: MIT */
/*
 * Timers and fork, leaking: the child goes on with the id of its parent's timer, which does not
 * exist in it. It tries to help itself with a new one, but deletes by the old id.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct itimerspec minute = {.it_value.tv_sec = 60};

static timer_t start_watchdog(void)
{
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) < 0) /* LEAK */
		err(1, "timer_create");
	timer_settime(timer, 0, &minute, NULL);
	return timer;
}

static int run_child(timer_t parents)
{
	int lost = timer_settime(parents, 0, &minute, NULL);

	printf("child: %s\n", lost ? strerror(errno) : "has a watchdog");
	timer_delete(parents); /* EINVAL once more */
	if (lost)
		start_watchdog();
	return 0;
}

int main(void)
{
	timer_t watchdog = start_watchdog();

	if (fork() == 0)
		return run_child(watchdog);
	wait(NULL);
	timer_delete(watchdog);
	return 0;
}
