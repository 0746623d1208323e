/* SPDX-License-Identifier: MIT */
/*
 * storm_fork_handler [forks [realloc]]: forks in a handler that interrupts calls on timers, or
 * moves of a block with the handle of one. Parent and child both come back from it and finish the
 * call; the child makes and ends some more and exits.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static volatile sig_atomic_t forks, is_child, bad;
static int limit = 100;
static timer_t *in_heap; /* made before: malloc cannot be interrupted by a fork */

static void on_alarm(int signo)
{
	int error = errno, status;
	pid_t child;

	(void)signo;
	if (is_child || forks >= limit)
		return;
	forks++;
	child = fork();
	if (child == 0)
		is_child = 1;
	else if (child < 0 || waitpid(child, &status, 0) != child || status)
		bad++;
	errno = error;
}

/* After the fork a child's POSIX timer is not there any more. */
static void make_set_and_delete(timer_t *t)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(fd >= 0 && timer_create(CLOCK_MONOTONIC, &ev, t) == 0);
	MUST(timer_settime(*t, 0, &minute, NULL) == 0 || is_child);
	MUST(timerfd_settime(fd, 0, &minute, NULL) == 0);
	MUST(timer_delete(*t) == 0 || is_child);
	MUST(close(fd) == 0);
}

static void move_with_handle(int more)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	size_t size = 64;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, in_heap) == 0);
	while (forks < limit && more) {
		size = size * 5 % 100003 + 64;
		in_heap = realloc(in_heap, size);
		MUST(in_heap != NULL);
		more -= is_child;
	}
	MUST(timer_delete(*in_heap) == 0 || is_child);
	free(in_heap);
}

int main(int argc, char **argv)
{
	struct itimerval often = {{0, 700}, {0, 700}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm};
	int more = 20;
	timer_t on_stack;

	if (argc > 1)
		limit = atoi(argv[1]);
	in_heap = malloc(sizeof(*in_heap));
	MUST(in_heap != NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	if (argc > 2)
		move_with_handle(more);
	while (forks < limit && more) {
		make_set_and_delete(&on_stack);
		make_set_and_delete(in_heap);
		more -= is_child;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	if (!is_child)
		printf("%d forks, %d children ended badly\n", (int)forks, (int)bad);
	return 0;
}
