/* SPDX-License-Identifier: MIT */
/*
 * A thread makes a timer by a stack that is new and so waits, in the unwinder, for the loader's
 * lock; another holds that lock, in a callback of dl_iterate_phdr, and makes a timer as well.
 */
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static volatile int go, other;

static NOINLINE timer_t make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	return t;
}

static NOINLINE void *make_by_another_way(void *arg)
{
	other = (int)syscall(SYS_gettid);
	while (!go)
		;
	timer_delete(make());
	return arg;
}

/* Of the other thread: 'R' while it spins; 0 once it is gone. */
static char state(void)
{
	char path[64], text[400] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", other);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)info, (void)size, (void)data;
	while (!other)
		;
	go = 1;
	while (state() == 'R')
		usleep(1000);
	timer_delete(make());
	return 1;
}

int main(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, make_by_another_way, NULL) == 0);
	dl_iterate_phdr(visit, NULL);
	pthread_join(thread, NULL);
	puts("done");
	return 0;
}
