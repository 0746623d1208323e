/* SPDX-License-Identifier: MIT */
/*
 * timer_live KIND N: N timers alive at once, KIND posix or timerfd. Says the CPU time of a call in
 * each phase, "create", "settime" and "delete", and as "count" how many there were: fewer than N
 * where a limit that cannot be raised stands against it.
 */
#include "bench.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { KEPT_FREE = 100 }; /* of the limit: stdio, the loader, other processes of the user */

static const struct itimerspec hour = {.it_value.tv_sec = 3600};

static union handle {
	timer_t timer;
	int fd;
} * handles;

static void create_timer(union handle *h)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};

	if (timer_create(CLOCK_MONOTONIC, &event, &h->timer))
		exit(1);
}

static void set_timer(union handle *h)
{
	if (timer_settime(h->timer, 0, &hour, NULL))
		exit(1);
}

static void delete_timer(union handle *h)
{
	if (timer_delete(h->timer))
		exit(1);
}

static void create_timerfd(union handle *h)
{
	h->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (h->fd < 0)
		exit(1);
}

static void set_timerfd(union handle *h)
{
	if (timerfd_settime(h->fd, 0, &hour, NULL))
		exit(1);
}

static void close_timerfd(union handle *h)
{
	close(h->fd);
}

static long allowed(int which, long wanted)
{
	struct rlimit limit;

	getrlimit(which, &limit);
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (rlim_t)wanted + KEPT_FREE) {
		struct rlimit more = {(rlim_t)wanted + KEPT_FREE, limit.rlim_max};

		if (more.rlim_max < more.rlim_cur)
			more.rlim_max = more.rlim_cur;
		if (setrlimit(which, &more) == 0)
			return wanted;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(which, &limit);
		return wanted < (long)limit.rlim_max - KEPT_FREE ? wanted
								 : (long)limit.rlim_max - KEPT_FREE;
	}
	return wanted;
}

static void phase(const char *name, long n, void (*call)(union handle *))
{
	double start = cpu_ns();

	for (long i = 0; i < n; i++)
		call(&handles[i]);
	measured(name, (cpu_ns() - start) / (double)n);
}

int main(int argc, char **argv)
{
	int is_fd = argc > 2 && !strcmp(argv[1], "timerfd");
	long n = argc > 2 ? atol(argv[2]) : 0;

	n = allowed(is_fd ? RLIMIT_NOFILE : RLIMIT_SIGPENDING, n);
	if (n < 1)
		return 2;
	handles = calloc((size_t)n, sizeof(*handles));
	memset(handles, 1, (size_t)n * sizeof(*handles)); /* its pages are no timer's cost */
	measured("count", (double)n);
	phase("create", n, is_fd ? create_timerfd : create_timer);
	phase("settime", n, is_fd ? set_timerfd : set_timer);
	phase("delete", n, is_fd ? close_timerfd : delete_timer);
	return 0;
}
