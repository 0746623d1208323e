/* SPDX-License-Identifier: MIT */
/*
 * A ticker, fixed: one timer; timerfd_settime changes its period.
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

	if (timerfd_settime(ticker, 0, &every, NULL) < 0)
		err(1, "timerfd_settime");
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
	ticker = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (ticker < 0)
		err(1, "timerfd_create");
	for (int period = 1; period <= 6; period++) {
		set_period(period);
		run_ticks(3);
	}
	close(ticker);
	puts("6 periods");
	return 0;
}
