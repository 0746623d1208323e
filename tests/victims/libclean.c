/* SPDX-License-Identifier: MIT */
/*
 * A library with a timer of its own, made by its constructor and deleted by its destructor.
 */
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int libclean_timerfd(void);

static timer_t timer;
static int fd;

static void __attribute__((constructor)) start(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	timer_create(CLOCK_MONOTONIC, &ev, &timer);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

static void __attribute__((destructor)) stop(void)
{
	timer_delete(timer);
	close(fd);
}

int libclean_timerfd(void)
{
	return fd;
}
