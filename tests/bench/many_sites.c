/* SPDX-License-Identifier: MIT */
/*
 * many_sites N: leaks N timers at N sites, which differ in a path of left and right calls. Says as
 * "count" how many it could make.
 */
#include "bench.h"

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

enum { TURNS = 17, KEPT_FREE = 100 };

typedef void (*step)(int left, uint32_t path);
static void left_step(int left, uint32_t path);
static void right_step(int left, uint32_t path);

static void leak(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		exit(1);
}

#define STEP(name)                                                               \
	static __attribute__((noinline)) void name(int left, uint32_t path)      \
	{                                                                        \
		if (left)                                                        \
			(path & 1 ? right_step : left_step)(left - 1, path / 2); \
		else                                                             \
			leak();                                                  \
		__asm__ volatile("" ::: "memory");                               \
	}
STEP(left_step)
STEP(right_step)

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0;
	struct rlimit limit;

	if (n < 1 || n > 1L << TURNS)
		return 2;
	getrlimit(RLIMIT_SIGPENDING, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_SIGPENDING, &limit);
	if ((rlim_t)n + KEPT_FREE > limit.rlim_max)
		n = (long)limit.rlim_max - KEPT_FREE;
	for (long i = 0; i < n; i++)
		left_step(TURNS, (uint32_t)i);
	measured("count", (double)n);
	return 0;
}
