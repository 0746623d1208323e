/* SPDX-License-Identifier: MIT */
/*
 * io_churn COUNT: COUNT times each of the calls below, on descriptors that are no timers while one
 * timerfd is alive. Says the CPU time of a call by its name, and of one of each as "total".
 */
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int zero, null, set, watched, timer, made;
static char byte;

static void call_read(void)
{
	if (read(zero, &byte, 1) != 1)
		exit(1);
}

static void call_write(void)
{
	if (write(null, &byte, 1) != 1)
		exit(1);
}

static void call_fcntl(void)
{
	if (fcntl(zero, F_GETFD) < 0)
		exit(1);
}

static void call_epoll_ctl(void)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (epoll_ctl(set, EPOLL_CTL_MOD, watched, &event))
		exit(1);
}

static void call_poll(void)
{
	struct pollfd one = {.fd = zero, .events = POLLIN};

	if (poll(&one, 1, 0) != 1)
		exit(1);
}

static void call_dup(void)
{
	made = dup(zero);
	if (made < 0)
		exit(1);
}

static void call_close(void)
{
	close(made);
}

static double many(long count, void (*call)(void), const char *name)
{
	double start = cpu_ns(), each;

	for (long i = 0; i < count; i++)
		call();
	each = (cpu_ns() - start) / (double)count;
	measured(name, each);
	return each;
}

/* dup and close take turns, or there would be COUNT descriptors. */
static double dup_and_close(long count)
{
	double start = cpu_ns(), each;

	for (long i = 0; i < count; i++) {
		call_dup();
		call_close();
	}
	each = (cpu_ns() - start) / (double)count;
	measured("dup+close", each);
	return each;
}

static void open_all(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ends[2];

	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	set = epoll_create1(EPOLL_CLOEXEC);
	if (zero < 0 || null < 0 || set < 0 || pipe2(ends, O_CLOEXEC))
		exit(1);
	watched = ends[0];
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (epoll_ctl(set, EPOLL_CTL_ADD, watched, &event) || timer < 0)
		exit(1);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;
	double total = 0;

	if (count < 1)
		return 2;
	open_all();
	total += many(count, call_read, "read");
	total += many(count, call_write, "write");
	total += many(count, call_fcntl, "fcntl");
	total += many(count, call_epoll_ctl, "epoll_ctl");
	total += many(count, call_poll, "poll");
	total += dup_and_close(count);
	measured("total", total);
	close(timer); /* a leak would be reported, which is not what is measured */
	return 0;
}
