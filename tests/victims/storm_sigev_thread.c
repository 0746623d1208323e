/* SPDX-License-Identifier: MIT */
/*
 * storm_sigev_thread [ms]: callbacks in threads every 20 us, with allocations in callback and main,
 * which also makes and deletes such timers. The helper thread of glibc lives by signal 32 being
 * blocked: a mask that is set through the libc there kills the process. And it allocates with
 * glibc's lock in hand that timer_delete takes: whoever holds a lock across that call hangs.
 */
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static atomic_long callbacks;

static void on_timer(union sigval v)
{
	(void)v;
	free(malloc(64));
	callbacks++;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void make_and_delete(struct sigevent *ev, const struct itimerspec *every)
{
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, ev, &t) == 0);
	MUST(timer_settime(t, 0, every, NULL) == 0);
	MUST(timer_delete(t) == 0);
}

int main(int argc, char **argv)
{
	struct itimerspec every = {{0, 20000}, {0, 20000}};
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
	long end = now_ms() + (argc > 1 ? atoi(argv[1]) : 2000);
	void *volatile block;
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &every, NULL) == 0);
	while (now_ms() < end) {
		for (int i = 0; i < 1000; i++) {
			block = malloc(i);
			free(block);
		}
		make_and_delete(&ev, &every);
	}
	timer_delete(t);
	printf("callbacks %ld\n", (long)callbacks);
	return callbacks > 0 ? 0 : 1;
}
