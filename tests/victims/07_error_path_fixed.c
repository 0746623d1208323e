/* SPDX-License-Identifier: MIT */
/*
 * The error path, fixed: one way out for every failure, as the kernel does it.
 */
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int make_timer(long nsec)
{
	struct itimerspec when = {.it_value.tv_nsec = nsec};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0)
		goto out;
	if (timerfd_settime(fd, 0, &when, NULL) < 0)
		goto out_close;
	return fd;
out_close:
	close(fd);
out:
	return -1;
}

int main(void)
{
	int failed = 0;

	for (int i = 0; i < 5; i++)
		failed += make_timer(1000000000) < 0; /* EINVAL: a full second of nanoseconds */
	printf("%d failed\n", failed);
	return 0;
}
