/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone */
/*
 * epoll reports a timerfd, and between any two instructions of the preload in it a handler reads
 * what was reported. Then it is read once more, and waited for in vain.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "step.h"

#if defined(__x86_64__)
static int fd, steps, read_at;

static void drain(void)
{
	unsigned long long ticks;

	(void)!read(fd, &ticks, sizeof(ticks));
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	int error = errno;

	(void)signo;
	(void)info;
	if (step_is_last(context))
		step_end(context);
	if (step_is_inside(context) && ++steps == read_at)
		drain();
	errno = error;
}

static void once(int set, int at)
{
	struct epoll_event event = {EPOLLIN, {0}};
	struct itimerspec soon = {.it_value.tv_nsec = 1};

	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	event.data.u64 = (unsigned)fd;
	MUST(fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
	MUST(timerfd_settime(fd, 0, &soon, NULL) == 0);
	usleep(100);
	steps = 0;
	read_at = at;
	step(1);
	epoll_wait(set, &event, 1, 0);
	step(0);
	drain();
}

int main(void)
{
	struct epoll_event event;
	int set = epoll_create1(0), at = 0;

	step_init(on_step);
	do
		once(set, ++at);
	while (steps >= read_at);
	epoll_wait(set, &event, 1, 0);
	printf("%d timerfds\n", at);
	return 0;
}
#else
int main(void)
{
	skip("no trap flag here");
}
#endif
