/* SPDX-License-Identifier: MIT */
/*
 * Programs whose other threads, children and signals are in the way of whoever makes a report at
 * their end. Each leaves one timer.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static NOINLINE void make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
}

static void start_thread(void *(*fn)(void *))
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, fn, NULL) == 0);
	usleep(50000);
}

static void say(const char *s)
{
	if (write(1, s, strlen(s)) < 0)
		_exit(98);
}

static void *read_line(void *arg)
{
	char line[100];

	return fgets(line, sizeof(line), stdin) ? arg : NULL;
}

static void fgets_blocked(void)
{
	make();
	fputs("buffered", stdout);
	start_thread(read_line);
}

static void *wait_for_any(void *arg)
{
	for (;;) {
		if (waitpid(-1, NULL, 0) > 0)
			say("a child of somebody else\n");
		usleep(100);
	}
	return arg;
}

static void on_child(int sig)
{
	(void)sig;
	say("SIGCHLD\n");
}

static void waits_for_any(void)
{
	signal(SIGCHLD, on_child);
	make();
	start_thread(wait_for_any);
}

static void child_handler(void)
{
	signal(SIGCHLD, on_child);
	make();
}

static void child_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	make();
}

static void *blocked_signals(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	make();
	exit(arg ? 1 : 0);
}

static void exit_with_all_blocked(void)
{
	start_thread(blocked_signals);
	pause();
}

static void *make_for_ever(void *arg)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	while (timer_create(CLOCK_MONOTONIC, &ev, &t) == 0)
		timer_delete(t);
	return arg;
}

static void busy_at_exit(void)
{
	start_thread(make_for_ever);
	make();
}

static void *read_timerfd(void *arg)
{
	uint64_t ticks;

	return read(*(int *)arg, &ticks, sizeof(ticks)) > 0 ? arg : NULL;
}

/* A thread that is cancelled in read must not take a lock along. */
static void cancelled_in_read(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	pthread_t thread;
	void *end;

	MUST(pthread_create(&thread, NULL, read_timerfd, &fd) == 0);
	usleep(50000);
	MUST(pthread_cancel(thread) == 0 && pthread_join(thread, &end) == 0);
	MUST(end == PTHREAD_CANCELED);
	close(fd);
	make();
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(fgets_blocked),     CASE(waits_for_any),	  CASE(child_handler),
	    CASE(child_ignored),     CASE(exit_with_all_blocked), CASE(busy_at_exit),
	    CASE(cancelled_in_read),
	};

	return RUN_CASE(cases, argc, argv);
}
