/* SPDX-License-Identifier: MIT */
/*
 * timer_churn KIND COUNT: makes, sets and ends COUNT timers, one at a time, 25 calls deep. KIND:
 * none, signal, timerfd, or timerfd-read, which sets and reads each ten times. Says the CPU time of
 * a timer as "each".
 */
#include "bench.h"

#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1};

static void posix_timer(int notify)
{
	struct sigevent event = {.sigev_notify = notify, .sigev_signo = SIGUSR1};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &minute, NULL) || timer_delete(timer))
		exit(1);
}

static void timerfd(int read_it)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	unsigned long long ticks;

	if (fd < 0 || timerfd_settime(fd, 0, read_it ? &soon : &minute, NULL))
		exit(1);
	for (int i = 0; i < (read_it ? 10 : 0); i++) {
		if (read(fd, &ticks, sizeof(ticks)) != sizeof(ticks) ||
		    timerfd_settime(fd, 0, &soon, NULL))
			exit(1);
	}
	close(fd);
}

static void once(const char *kind)
{
	if (!strcmp(kind, "none"))
		posix_timer(SIGEV_NONE);
	else if (!strcmp(kind, "signal"))
		posix_timer(SIGEV_SIGNAL);
	else
		timerfd(!strcmp(kind, "timerfd-read"));
}

static __attribute__((noinline)) void deeper(int depth, const char *kind, long count)
{
	if (depth)
		deeper(depth - 1, kind, count);
	else
		while (count--)
			once(kind);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[2]) : 0;
	double start = cpu_ns();

	if (count < 1)
		return 2;
	deeper(25, argv[1], count);
	measured("each", (cpu_ns() - start) / (double)count);
	return 0;
}
