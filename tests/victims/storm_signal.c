/* SPDX-License-Identifier: MIT */
/*
 * storm_signal [ms]: a handler at 20 kHz sets, asks and reads timers, while main allocates, makes
 * and deletes timers. Prints how many were made; 3 of them are left.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static timer_t driver, other;
static int fd;
static volatile sig_atomic_t signals;

static void on_tick(int sig)
{
	struct itimerspec every = {{0, 1000000}, {0, 1000}}, now;
	int saved = errno;
	uint64_t ticks;

	(void)sig;
	timer_settime(other, 0, &minute, NULL);
	timer_gettime(other, &now);
	timer_getoverrun(driver);
	if (read(fd, &ticks, sizeof(ticks)) < 0)
		timerfd_settime(fd, 0, &every, NULL);
	signals++;
	errno = saved;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void make_and_delete(int leak)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	void *volatile block = malloc(100);
	timer_t t;
	int f;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* LEAK */
	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	block = realloc(block, 5000);
	MUST((f = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) >= 0);
	if (!leak)
		MUST(timer_delete(t) == 0);
	MUST(close(f) == 0);
	free(block);
}

int main(int argc, char **argv)
{
	struct itimerspec khz20 = {{0, 50000}, {0, 50000}};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	long end = now_ms() + (argc > 1 ? atoi(argv[1]) : 1000), made = 3;

	signal(SIGRTMIN, on_tick);
	MUST((fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) >= 0);
	MUST(timer_create(CLOCK_MONOTONIC, &none, &other) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &driver) == 0);
	MUST(timer_settime(driver, 0, &khz20, NULL) == 0);
	for (int i = 0; i < 3 || now_ms() < end; i++, made += 2)
		make_and_delete(i < 3);
	timer_delete(driver);
	timer_delete(other);
	close(fd);
	printf("created %ld\n", made);
	return signals > 0 ? 0 : 1;
}
