/* SPDX-License-Identifier: MIT */
/*
 * Wait for an answer or a timeout, fixed: whoever wins, there is one way out, and it closes the
 * descriptor. Disarming and reading first matters only where the descriptor has copies or is
 * used again.
 */
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void stop_timer(int fd)
{
	struct itimerspec never = {0};
	uint64_t ticks;

	timerfd_settime(fd, 0, &never, NULL);
	while (read(fd, &ticks, sizeof(ticks)) > 0)
		;
	close(fd);
}

static int answer_or_timeout(int answer)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct pollfd p[2] = {{.fd = answer, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		err(1, "timerfd");
	poll(p, 2, -1);
	stop_timer(fd);
	return p[0].revents != 0;
}

int main(void)
{
	int answer = eventfd(1, EFD_CLOEXEC), answers = 0;

	for (int i = 0; i < 5; i++)
		answers += answer_or_timeout(answer);
	printf("%d answers\n", answers);
	return 0;
}
