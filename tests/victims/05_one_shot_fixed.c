/* SPDX-License-Identifier: MIT */
/*
 * A one-shot, fixed: the cheapest way is to have one timer and arm it again each time.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static volatile sig_atomic_t done;

static void on_timer(int sig)
{
	(void)sig;
	done = 1;
}

static void sleep_by_timer(timer_t timer, const sigset_t *unblocked)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};

	done = 0;
	timer_settime(timer, 0, &when, NULL);
	while (!done)
		sigsuspend(unblocked);
}

int main(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	sigset_t usr1, unblocked;
	timer_t timer;

	signal(SIGUSR1, on_timer);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &unblocked);
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0)
		err(1, "timer_create");
	for (int i = 0; i < 5; i++)
		sleep_by_timer(timer, &unblocked);
	timer_delete(timer);
	puts("5 expired");
	return 0;
}
