/* SPDX-License-Identifier: MIT */
/*
 * A pool of timers, leaking: answer and timeout come at the same moment, the answer is handled
 * first and the timer goes back to the pool with its tick unread. The next user wakes at once, and
 * nobody ever closes what is in the pool.
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
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* LEAK */
	return fd;
}

static void answered_just_in_time(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 1000000};
	int fd = get_timer();

	if (timerfd_settime(fd, 0, &when, NULL) < 0)
		err(1, "timerfd");
	usleep(150000); /* the answer is handled, the tick stays unread */
	pooled = fd;
}

int main(void)
{
	struct pollfd p = {.events = POLLIN};

	answered_just_in_time();
	p.fd = get_timer();
	puts(poll(&p, 1, 0) == 1 ? "woke at once" : "waits");
	pooled = p.fd;
	return 0;
}
