/* SPDX-License-Identifier: MIT */
/*
 * A global ticker, valid: it runs until the program ends, and a global variable has its handle. It
 * is reported as held, and counts as a leak only under --leak-kinds=definite,possible,held.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ticks;
static timer_t ticker;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static void start_ticker(void)
{
	struct itimerspec every = {.it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 2000000};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};

	signal(SIGUSR1, on_tick);
	if (timer_create(CLOCK_MONOTONIC, &ev, &ticker) < 0) /* HELD */
		err(1, "timer_create");
	timer_settime(ticker, 0, &every, NULL);
}

int main(void)
{
	start_ticker();
	while (ticks < 5)
		usleep(1000);
	puts("5 ticks");
	return 0;
}
