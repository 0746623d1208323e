/* SPDX-License-Identifier: MIT */
/*
 * A timer in an epoll set, fixed: taken out of the set while its number is still known, and every
 * copy is closed.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int set;

static void add_and_end_connection(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = malloc(32)};
	void *data = ev.data.ptr;
	int copy = dup(fd);

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0 || copy < 0)
		err(1, "timerfd");
	epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev);
	epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
	close(copy);
	free(data);
}

int main(void)
{
	struct epoll_event ev;
	int dangling = 0;

	set = epoll_create1(EPOLL_CLOEXEC);
	add_and_end_connection();
	for (int i = 0; i < 3; i++)
		dangling += epoll_wait(set, &ev, 1, 5);
	printf("%d events with a dangling pointer\n", dangling);
	return 0;
}
