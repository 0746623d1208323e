/* SPDX-License-Identifier: MIT */
/*
 * A library that makes timers in its constructor, three, one of them stopped, and as many when it
 * is told to.
 */
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int plugin_run(void);

static timer_t make_posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t = 0;

	timer_create(CLOCK_MONOTONIC, &ev, &t);
	return t;
}

static int make_timerfd(void)
{
	return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

__attribute__((constructor)) static void three(void)
{
	make_posix();
	make_timerfd();
	timer_delete(make_posix());
}

int plugin_run(void)
{
	make_posix();
	close(make_timerfd());
	make_timerfd();
	return 0;
}
