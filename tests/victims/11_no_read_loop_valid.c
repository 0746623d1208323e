/* SPDX-License-Identifier: MIT */
/*
 * An event loop that never reads its timer, valid: setting it again clears the tick, as the loops
 * of libevent and systemd do it. The loop ends with the program, without tearing anything down.
 */
#include <err.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

int main(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	int set = epoll_create1(EPOLL_CLOEXEC);
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* HELD */
	struct epoll_event ev = {.events = EPOLLIN};
	int events = 0;

	if (fd < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "timerfd");
	while (events < 5) {
		if (timerfd_settime(fd, 0, &when, NULL) < 0)
			err(1, "timerfd_settime");
		events += epoll_wait(set, &ev, 1, -1);
	}
	when.it_value.tv_sec = 60;
	timerfd_settime(fd, 0, &when, NULL);
	printf("%d events\n", events);
	return 0;
}
