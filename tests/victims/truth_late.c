/* SPDX-License-Identifier: MIT */
/*
 * Leaked timers that would fire while the report is made, long after the process had ended without
 * the shim; and a process that has no descriptor left.
 */
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define SOON 20000000 /* ns: more than what plain exit takes, less than a report */

static void leave(int notify, void (*callback)(union sigval))
{
	struct sigevent ev = {.sigev_notify = notify, .sigev_signo = SIGALRM};
	struct itimerspec value = {{0, SOON}, {0, SOON}};
	timer_t t;

	if (callback)
		ev.sigev_notify_function = callback;
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &value, NULL) == 0);
}

static void say(void)
{
	MUST(write(1, "fired\n", 6) == 6);
}

static void on_alarm(int signo)
{
	(void)signo;
	say();
}

static void on_thread(union sigval value)
{
	(void)value;
	say();
}

static void alarm_default(void)
{
	leave(SIGEV_SIGNAL, NULL);
}

static void alarm_handler(void)
{
	signal(SIGALRM, on_alarm);
	leave(SIGEV_SIGNAL, NULL);
}

static void alarm_thread(void)
{
	leave(SIGEV_THREAD, on_thread);
}

static void interval(void)
{
	struct itimerval value = {.it_value.tv_usec = SOON / 1000};

	leave(SIGEV_NONE, NULL);
	MUST(setitimer(ITIMER_REAL, &value, NULL) == 0);
}

static void alarm_interval(void)
{
	interval();
}

/* What stdio has buffered is written last of all, and may block. */
static void interval_guards_flush(void)
{
	printf("never read\n");
	interval();
}

static void fill(void)
{
	struct rlimit limit = {64, 64};

	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (timerfd_create(CLOCK_MONOTONIC, 0) >= 0) /* MAKE */
		;
}

static void full_as_root(void)
{
	fill();
}

static void full_as_nobody(void)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		skip("needs root");
	fill();
}

static const struct test_case cases[] = {
    CASE(alarm_default),	 CASE(alarm_handler), CASE(alarm_thread),   CASE(alarm_interval),
    CASE(interval_guards_flush), CASE(full_as_root),  CASE(full_as_nobody),
};

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
