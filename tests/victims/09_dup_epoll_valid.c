/* SPDX-License-Identifier: MIT */
/*
 * A timer in an epoll set, valid: taken out of the set, then closed, then its data freed.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

int main(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	int set = epoll_create1(EPOLL_CLOEXEC);
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = malloc(32)};
	void *data = ev.data.ptr;

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		err(1, "timerfd");
	epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev);
	printf("%d event\n", epoll_wait(set, &ev, 1, -1));
	epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
	free(data);
	return 0;
}
