/* SPDX-License-Identifier: MIT */
/*
 * A ticker, valid: each tick is read; a read also says how many were missed.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void)
{
	struct itimerspec every = {.it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 2000000};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t ticks, sum = 0;

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) < 0)
		err(1, "timerfd");
	while (sum < 5 && read(fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		sum += ticks;
	close(fd);
	puts("at least 5 ticks");
	return 0;
}
