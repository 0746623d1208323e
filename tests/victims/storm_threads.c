/* SPDX-License-Identifier: MIT */
/*
 * storm_threads [threads [creations]]: each thread makes that many timers, by turns POSIX and
 * timerfd, and sets them. It ends all but one in a hundred, of both kinds alike.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static int creations = 20000;

static void posix_timer(int leak)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* POSIX */
	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	if (!leak)
		MUST(timer_delete(t) == 0);
}

static void fd_timer(int leak)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* TIMERFD */

	MUST(fd >= 0 && timerfd_settime(fd, 0, &minute, NULL) == 0);
	if (!leak)
		MUST(close(fd) == 0);
}

static void *storm(void *arg)
{
	for (int i = 0; i < creations; i++) {
		int leak = i % 200 < 2;

		if (i % 2)
			fd_timer(leak);
		else
			posix_timer(leak);
	}
	return arg;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 8;
	pthread_t *t = calloc(threads, sizeof(*t));
	struct rlimit fds;

	if (argc > 2)
		creations = atoi(argv[2]);
	MUST(getrlimit(RLIMIT_NOFILE, &fds) == 0);
	fds.rlim_cur = fds.rlim_max < 16384 ? fds.rlim_max : 16384;
	MUST(setrlimit(RLIMIT_NOFILE, &fds) == 0);
	for (int i = 0; i < threads; i++)
		MUST(pthread_create(&t[i], NULL, storm, NULL) == 0);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	free(t);
	printf("created %d leaked %d\n", threads * creations, threads * creations / 100);
	return 0;
}
