/* SPDX-License-Identifier: MIT */
/*
 * storm_fork [forks [threads]]: forks while other threads, old and new ones, make and delete
 * timers. Each child makes a timer and deletes it; a lock that a thread of the parent held at that
 * moment, the unwinder's included, would stop it for ever. Such a child is killed after 10 s and
 * counted.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static atomic_int stop;

static void make_and_delete(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;
	int fd;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST((fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) >= 0);
	MUST(timer_delete(t) == 0);
	MUST(close(fd) == 0);
}

/* After _Fork only system calls may be made: a lock of libc's may be held for ever. */
static void make_and_delete_fd(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &minute, NULL) || close(fd))
		_exit(98);
}

static void *busy(void *arg)
{
	while (!stop)
		make_and_delete();
	return arg;
}

static void *once(void *arg)
{
	make_and_delete();
	return arg;
}

/* What a thread unwinds for the first time takes the slow way. */
static void *busy_with_threads(void *arg)
{
	pthread_t t;

	while (!stop) {
		MUST(pthread_create(&t, NULL, once, NULL) == 0);
		pthread_join(t, NULL);
	}
	return arg;
}

static int ends_well(pid_t child)
{
	int status;

	for (int ms = 0; ms < 10000; ms++, usleep(1000))
		if (waitpid(child, &status, WNOHANG) == child)
			return status == 0;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int forks = argc > 1 ? atoi(argv[1]) : 200, good = 0;
	int threads = argc > 2 ? atoi(argv[2]) : 3;
	int unseen = argc > 3 && !strcmp(argv[3], "_Fork");
	pthread_t *t = calloc((size_t)threads, sizeof(*t));

	for (int i = 0; i < threads; i++)
		MUST(pthread_create(&t[i], NULL, i ? busy_with_threads : busy, NULL) == 0);
	for (int i = 0; i < forks && good == i; i++) {
		pid_t child = unseen ? _Fork() : fork();

		if (child == 0) {
			if (unseen)
				make_and_delete_fd();
			else
				make_and_delete();
			_exit(0);
		}
		good += ends_well(child);
	}
	stop = 1;
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	free(t);
	printf("%d of %d children well\n", good, forks);
	return good == forks ? 0 : 1;
}
