/* SPDX-License-Identifier: MIT */
/*
 * What takes an expiry from a timerfd and what does not: reads of every kind, setting again, and
 * reads that fail.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

ssize_t __read_chk(int fd, void *buf, size_t n, size_t size); /* what a fortified read becomes */

static uint64_t ticks;
static struct iovec iov = {&ticks, sizeof(ticks)};

static int make(long value_ms, long interval_ms, int flags)
{
	struct itimerspec when = {
	    .it_value.tv_nsec = value_ms * 1000000,
	    .it_interval.tv_nsec = interval_ms * 1000000,
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | flags); /* MAKE */

	MUST(fd >= 0 && timerfd_settime(fd, 0, &when, NULL) == 0);
	return fd;
}

static ssize_t by_read(int fd)
{
	return read(fd, &ticks, sizeof(ticks));
}

static ssize_t by_readv(int fd)
{
	return readv(fd, &iov, 1);
}

static ssize_t by_preadv2(int fd)
{
	return preadv2(fd, &iov, 1, -1, 0);
}

static ssize_t by_read_chk(int fd)
{
	return __read_chk(fd, &ticks, sizeof(ticks), sizeof(ticks));
}

/* Served four times, then left: whoever serves a timer at the end still uses it. */
static void serve(ssize_t (*take)(int))
{
	int fd = make(2, 2, 0);

	for (int i = 0; i < 4; i++)
		MUST(take(fd) == 8 && ticks > 0);
}

static void serve_read(void)
{
	serve(by_read);
}

static void serve_readv(void)
{
	serve(by_readv);
}

static void serve_preadv2(void)
{
	serve(by_preadv2);
}

static void serve_read_chk(void)
{
	serve(by_read_chk);
}

static void serve_settime(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	int fd = make(60, 0, 0);

	for (int i = 0; i < 4; i++)
		MUST(timerfd_settime(fd, 0, &minute, NULL) == 0);
}

static void serve_gettime(void)
{
	struct itimerspec left;
	int fd = make(60, 0, 0);

	for (int i = 0; i < 4; i++)
		MUST(timerfd_gettime(fd, &left) == 0);
}

static void served_twice(void)
{
	int fd = make(2, 2, 0);

	for (int i = 0; i < 2; i++)
		MUST(by_read(fd) == 8);
}

static void served_long_ago(void)
{
	serve(by_read);
	usleep(300000);
}

static void eagain(void)
{
	int fd = make(900, 0, TFD_NONBLOCK);

	for (int i = 0; i < 5; i++)
		MUST(by_read(fd) < 0 && errno == EAGAIN);
}

static void short_read(void)
{
	int fd = make(1, 0, 0);

	for (int i = 0; i < 5; i++)
		MUST(read(fd, &ticks, 4) < 0 && errno == EINVAL);
	close(fd);
}

/* The clock is moved by one nanosecond and back: enough to cancel. */
static void ecanceled(void)
{
	struct timex step = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time.tv_usec = 1};
	struct itimerspec when = {.it_value.tv_sec = 60};
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	MUST(clock_gettime(CLOCK_REALTIME, &when.it_value) == 0);
	when.it_value.tv_sec += 60;
	MUST(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) == 0);
	for (int i = 0; i < 4; i++) {
		if (clock_adjtime(CLOCK_REALTIME, &step) < 0)
			skip("the clock may not be set");
		step.time.tv_sec = i % 2 ? 0 : -1;
		step.time.tv_usec = i % 2 ? 1 : 999999999;
		MUST(by_read(fd) < 0 && errno == ECANCELED);
	}
}

static void unread(void)
{
	make(1, 0, 0);
	usleep(200000);
}

static void unread_periodic(void)
{
	make(1, 1, 0);
	usleep(200000);
}

static void unread_young(void)
{
	make(1, 0, 0);
	usleep(5000);
}

static void unread_then_set(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	int fd = make(1, 0, 0);

	usleep(200000);
	MUST(timerfd_settime(fd, 0, &minute, NULL) == 0);
}

static void unread_closed(void)
{
	int fd = make(1, 0, 0);

	usleep(200000);
	close(fd);
}

static void pending(int timers)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec soon = {.it_value.tv_nsec = 1000000};
	sigset_t set;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < timers; i++)
		MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0 &&
		     timer_settime(t, 0, &soon, NULL) == 0);
	usleep(200000);
}

static void pending_signal(void)
{
	pending(1);
}

static void pending_shared(void)
{
	pending(3);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(serve_read),	   CASE(serve_readv),	  CASE(serve_preadv2),
	    CASE(serve_read_chk),  CASE(serve_settime),	  CASE(serve_gettime),
	    CASE(served_twice),	   CASE(served_long_ago), CASE(eagain),
	    CASE(short_read),	   CASE(ecanceled),	  CASE(unread),
	    CASE(unread_periodic), CASE(unread_young),	  CASE(unread_then_set),
	    CASE(unread_closed),   CASE(pending_signal),  CASE(pending_shared),
	};

	return RUN_CASE(cases, argc, argv);
}
