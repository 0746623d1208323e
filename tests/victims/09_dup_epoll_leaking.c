/* SPDX-License-Identifier: MIT */
/*
 * A timer in an epoll set, leaking: close is believed to take it out of the set, but a copy of the
 * descriptor keeps both timer and registration. Events go on carrying a pointer to freed memory,
 * and the number they were registered under can no longer be given to EPOLL_CTL_DEL.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int set;

static void add_connection(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* LEAK */
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = malloc(32)};
	void *data = ev.data.ptr;

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0 || dup(fd) < 0)
		err(1, "timerfd");
	epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev);
	close(fd);  /* the copy lives on */
	free(data); /* FREE */
}

int main(void)
{
	struct epoll_event ev;
	int dangling = 0;

	set = epoll_create1(EPOLL_CLOEXEC);
	add_connection();
	for (int i = 0; i < 3; i++)
		dangling += epoll_wait(set, &ev, 1, 1000);
	printf("%d events with a dangling pointer\n", dangling);
	return 0;
}
