/* SPDX-License-Identifier: MIT */
/*
 * Wait for an answer or a timeout, leaking: the answer wins and the function returns early. Each
 * call leaves a descriptor behind whose timer has 60 s to go, as a select on time.After did in Go.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

static int answer_or_timeout(int answer)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* LEAK */
	struct pollfd p[2] = {{.fd = answer, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		err(1, "timerfd");
	poll(p, 2, -1);
	if (p[0].revents)
		return 1; /* the timer is forgotten */
	return 0;
}

int main(void)
{
	int answer = eventfd(1, EFD_CLOEXEC), answers = 0;

	for (int i = 0; i < 5; i++)
		answers += answer_or_timeout(answer);
	printf("%d answers\n", answers);
	return 0;
}
