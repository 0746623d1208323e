/* SPDX-License-Identifier: MIT */
/*
 * A pool of timers, fixed: setting a timerfd clears its unread ticks, so a timer is disarmed before
 * it goes back to the pool (what draining the channel is in Go), and the pool is emptied at the
 * end.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int pooled = -1;

static int get_timer(void)
{
	int fd = pooled;

	pooled = -1;
	if (fd < 0)
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return fd;
}

static void put_timer(int fd)
{
	struct itimerspec never = {0};

	timerfd_settime(fd, 0, &never, NULL);
	pooled = fd;
}

static void answered_just_in_time(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 1000000};
	int fd = get_timer();

	if (timerfd_settime(fd, 0, &when, NULL) < 0)
		err(1, "timerfd");
	usleep(20000);
	put_timer(fd);
}

int main(void)
{
	struct pollfd p = {.events = POLLIN};

	answered_just_in_time();
	p.fd = get_timer();
	puts(poll(&p, 1, 0) == 1 ? "woke at once" : "waits");
	close(p.fd);
	return 0;
}
