/* SPDX-License-Identifier: MIT */
/*
 * A global ticker, fixed: deleted in an exit handler, so that not even a strict gate finds it. A
 * handler of atexit, a destructor and the end of main are all early enough.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ticks;
static timer_t ticker;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static void stop_ticker(void)
{
	timer_delete(ticker);
}

static void start_ticker(void)
{
	struct itimerspec every = {.it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 2000000};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};

	signal(SIGUSR1, on_tick);
	if (timer_create(CLOCK_MONOTONIC, &ev, &ticker) < 0)
		err(1, "timer_create");
	timer_settime(ticker, 0, &every, NULL);
}

int main(void)
{
	start_ticker();
	atexit(stop_ticker);
	while (ticks < 5)
		usleep(1000);
	puts("5 ticks");
	return 0;
}
