/* SPDX-License-Identifier: MIT */
/*
 * Timers that somebody waits for at the end, in a set of epoll or in a blocked thread.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static int set = -1, timer = -1;

static int make(long value_ms)
{
	struct itimerspec when = {.it_value = {value_ms / 1000, value_ms % 1000 * 1000000}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); /* MAKE */

	MUST(fd >= 0 && timerfd_settime(fd, 0, &when, NULL) == 0);
	return fd;
}

static void add(long value_ms)
{
	struct epoll_event ev = {.events = EPOLLIN};

	timer = ev.data.fd = make(value_ms);
	set = epoll_create1(EPOLL_CLOEXEC);
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, timer, &ev) == 0);
}

static void wait_in_set(void)
{
	struct epoll_event ev;

	MUST(epoll_wait(set, &ev, 1, 20) == 1 && ev.data.fd == timer);
}

static void in_epoll(void)
{
	add(60000);
}

static void epoll_del(void)
{
	add(60000);
	MUST(epoll_ctl(set, EPOLL_CTL_DEL, timer, NULL) == 0);
}

static void epoll_closed(void)
{
	add(60000);
	close(set);
}

static void epoll_reported_once(void)
{
	add(1);
	wait_in_set();
}

static void epoll_unserved(void)
{
	add(1);
	wait_in_set();
	wait_in_set();
}

static void epoll_served(void)
{
	struct itimerspec soon = {.it_value.tv_nsec = 1000000};
	uint64_t ticks;

	add(1);
	wait_in_set();
	MUST(read(timer, &ticks, sizeof(ticks)) == 8);
	MUST(timerfd_settime(timer, 0, &soon, NULL) == 0);
	wait_in_set();
}

/* Served after it was waited past: somebody still looks after it. */
static void epoll_served_late(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};

	epoll_unserved();
	MUST(timerfd_settime(timer, 0, &minute, NULL) == 0);
}

static void epoll_read_late(void)
{
	uint64_t ticks;

	epoll_unserved();
	MUST(read(timer, &ticks, sizeof(ticks)) == 8);
}

static void epoll_modified_late(void)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = timer};

	epoll_unserved();
	MUST(epoll_ctl(set, EPOLL_CTL_MOD, timer, &ev) == 0);
}

static void epoll_modified(void)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = 0};

	add(1);
	wait_in_set();
	ev.data.fd = timer;
	MUST(epoll_ctl(set, EPOLL_CTL_MOD, timer, &ev) == 0);
	wait_in_set();
}

static void closed_in_epoll(void)
{
	int copy;

	add(60000);
	copy = dup(timer);
	MUST(copy >= 0 && close(timer) == 0);
}

static void *wait_read(void *arg)
{
	uint64_t ticks;
	ssize_t n = read(timer, &ticks, sizeof(ticks));

	return n > 0 ? arg : NULL;
}

static void *wait_poll(void *arg)
{
	struct pollfd p[2] = {{.fd = -1}, {.fd = timer, .events = POLLIN}};

	poll(p, 2, -1);
	return arg;
}

static void *wait_select(void *arg)
{
	fd_set r;

	FD_ZERO(&r);
	FD_SET(timer, &r);
	select(timer + 1, &r, NULL, NULL, NULL);
	return arg;
}

static void *wait_epoll(void *arg)
{
	struct epoll_event ev;

	epoll_wait(set, &ev, 1, -1);
	return arg;
}

static void *wait_signal(void *arg)
{
	sigset_t usr1;
	int sig;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigwait(&usr1, &sig);
	return arg;
}

static void block_thread(void *(*fn)(void *))
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, fn, NULL) == 0);
	usleep(100000);
}

static void blocked_read(void)
{
	struct itimerspec when = {.it_value.tv_sec = 60};

	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	MUST(timer >= 0 && timerfd_settime(timer, 0, &when, NULL) == 0);
	block_thread(wait_read);
}

static void blocked_poll(void)
{
	timer = make(60000);
	block_thread(wait_poll);
}

static void blocked_select(void)
{
	timer = make(60000);
	block_thread(wait_select);
}

static void blocked_epoll(void)
{
	add(60000);
	block_thread(wait_epoll);
}

static void blocked_sigwait(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	sigset_t usr1;
	timer_t t;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	block_thread(wait_signal);
}

static void in_child(void)
{
	make(60000);
	if (fork() == 0) {
		usleep(500000);
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(in_epoll),	   CASE(epoll_del),
	    CASE(epoll_closed),	   CASE(epoll_served),
	    CASE(epoll_unserved),  CASE(epoll_reported_once),
	    CASE(epoll_modified),  CASE(epoll_served_late),
	    CASE(epoll_read_late), CASE(epoll_modified_late),
	    CASE(closed_in_epoll), CASE(blocked_read),
	    CASE(blocked_poll),	   CASE(blocked_select),
	    CASE(blocked_epoll),   CASE(blocked_sigwait),
	    CASE(in_child),
	};

	return RUN_CASE(cases, argc, argv);
}
