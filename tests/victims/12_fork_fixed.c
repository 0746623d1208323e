/* SPDX-License-Identifier: MIT */
/*
 * Timers and fork, fixed: a handler that runs in each child makes the timer anew and stores the new
 * id where the old one was. This is for libraries; a program does it after fork returned.
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static timer_t watchdog;

static void start_watchdog(void)
{
	if (timer_create(CLOCK_MONOTONIC, NULL, &watchdog) < 0)
		err(1, "timer_create");
	timer_settime(watchdog, 0, &minute, NULL);
}

int main(void)
{
	pid_t child;

	start_watchdog();
	pthread_atfork(NULL, NULL, start_watchdog);
	child = fork();
	if (timer_settime(watchdog, 0, &minute, NULL) < 0 || timer_delete(watchdog) < 0)
		err(1, "the watchdog");
	if (child > 0)
		wait(NULL);
	return 0;
}
