/* SPDX-License-Identifier: MIT */
/*
 * timer_churn KIND COUNT: makes, sets and ends COUNT timers, one at a time, 25 calls deep, and
 * prints the CPU time of it in nanoseconds a timer. KIND: none, signal, timerfd, timerfd-read; io
 * makes no timers but reads, dups and closes an eventfd.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
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

static void io(int fd)
{
	unsigned long long value = 1;
	int copy = dup(fd);

	if (write(copy, &value, sizeof(value)) < 0 || read(fd, &value, sizeof(value)) < 0)
		exit(1);
	close(copy);
}

static void once(const char *kind, int fd)
{
	if (!strcmp(kind, "none"))
		posix_timer(SIGEV_NONE);
	else if (!strcmp(kind, "signal"))
		posix_timer(SIGEV_SIGNAL);
	else if (!strcmp(kind, "io"))
		io(fd);
	else
		timerfd(!strcmp(kind, "timerfd-read"));
}

static __attribute__((noinline)) void deeper(int depth, const char *kind, long count, int fd)
{
	if (depth)
		deeper(depth - 1, kind, count, fd);
	else
		while (count--)
			once(kind, fd);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[2]) : 0;
	struct rusage used;

	if (count < 1)
		return 2;
	deeper(25, argv[1], count, eventfd(0, EFD_CLOEXEC));
	getrusage(RUSAGE_SELF, &used);
	printf("%.1f\n", ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e9 +
			  (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e3) /
			     (double)count);
	return 0;
}
