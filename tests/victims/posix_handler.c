/* SPDX-License-Identifier: MIT */
/*
 * Timer calls in signal handlers: settime, gettime and getoverrun are async-signal-safe, the others
 * work for signal timers all the same and are met in the field.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static timer_t outer;

static void on_signal(int sig)
{
	struct itimerspec minute = {.it_value.tv_sec = 60}, left;
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	int saved = errno, fd;
	timer_t t;

	(void)sig;
	timer_settime(outer, 0, &minute, NULL);
	timer_gettime(outer, &left);
	timer_create(CLOCK_MONOTONIC, &ev, &t);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(fd, 0, &minute, NULL);
	close(dup(fd));
	close(fd);
	timer_delete(t);
	errno = saved;
}

int main(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	signal(SIGUSR1, on_signal);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &outer) == 0);
	for (int i = 0; i < 100; i++)
		raise(SIGUSR1);
	MUST(timer_delete(outer) == 0);
	puts("100 signals");
	return 0;
}
