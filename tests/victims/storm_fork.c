/* SPDX-License-Identifier: MIT */
/*
 * storm_fork [forks]: forks while two threads make and delete timers. Each child makes a timer and
 * deletes it; a lock that was taken in the parent at that moment would stop it for ever.
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

static void *busy(void *arg)
{
	while (!stop)
		make_and_delete();
	return arg;
}

int main(int argc, char **argv)
{
	int forks = argc > 1 ? atoi(argv[1]) : 200, good = 0, status;
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		MUST(pthread_create(&t[i], NULL, busy, NULL) == 0);
	for (int i = 0; i < forks; i++) {
		pid_t child = fork();

		if (child == 0) {
			alarm(20);
			make_and_delete();
			_exit(0);
		}
		good += waitpid(child, &status, 0) == child && status == 0;
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	printf("%d of %d children well\n", good, forks);
	return good == forks ? 0 : 1;
}
