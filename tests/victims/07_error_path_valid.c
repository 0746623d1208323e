/* SPDX-License-Identifier: MIT */
/*
 * The error path, valid: a timer that cannot be set is closed before the error is returned.
 */
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int make_timer(long nsec)
{
	struct itimerspec when = {.it_value.tv_nsec = nsec};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (timerfd_settime(fd, 0, &when, NULL) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(void)
{
	int failed = 0;

	for (int i = 0; i < 5; i++)
		failed += make_timer(1000000000) < 0; /* EINVAL: a full second of nanoseconds */
	printf("%d failed\n", failed);
	return 0;
}
