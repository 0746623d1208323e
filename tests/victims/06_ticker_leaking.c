/* SPDX-License-Identifier: MIT */
/*
 * A ticker, leaking: a new period is a new timer, and nobody closes the old one.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int ticker = -1;

static void set_period(long ms)
{
	struct itimerspec every = {.it_value.tv_nsec = ms * 1000000,
				   .it_interval.tv_nsec = ms * 1000000};

	ticker = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* LEAK */
	if (ticker < 0 || timerfd_settime(ticker, 0, &every, NULL) < 0)
		err(1, "timerfd");
}

static void run_ticks(int reads)
{
	uint64_t ticks;

	while (reads--)
		if (read(ticker, &ticks, sizeof(ticks)) != sizeof(ticks))
			err(1, "read");
}

int main(void)
{
	for (int period = 1; period <= 6; period++) {
		set_period(period);
		run_ticks(3);
	}
	close(ticker);
	puts("6 periods");
	return 0;
}
