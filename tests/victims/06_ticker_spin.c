/* SPDX-License-Identifier: MIT */
/*
 * A ticker, spinning: the loop asks poll for ticks but never reads them, so poll says "readable" at
 * once for ever and the loop burns a processor.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void)
{
	struct itimerspec every = {.it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 2000000};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* HAZARD */
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ticks = 0;

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) < 0)
		err(1, "timerfd");
	while (ticks < 5000)
		ticks += poll(&p, 1, -1);
	close(fd);
	printf("%d ticks, they say\n", ticks);
	return 0;
}
