/* SPDX-License-Identifier: MIT */
/*
 * Wait for an answer or a timeout, valid: only the timeout can win here, and the function that
 * made the timer reads and closes it on its one way out.
 */
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void wait_for_timeout(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t ticks;

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		err(1, "timerfd");
	poll(&p, 1, -1);
	if (read(fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		err(1, "read");
	close(fd);
}

int main(void)
{
	for (int i = 0; i < 5; i++)
		wait_for_timeout();
	puts("5 timeouts");
	return 0;
}
