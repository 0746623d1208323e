/* SPDX-License-Identifier: MIT */
/*
 * A one-shot, leaking: the handler marks it done, and that is where it ends. What has fired still
 * exists and holds a slot of RLIMIT_SIGPENDING until it is deleted.
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

static void sleep_by_timer(const sigset_t *unblocked)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;

	done = 0;
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0) /* LEAK */
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	while (!done)
		sigsuspend(unblocked);
}

int main(void)
{
	sigset_t usr1, unblocked;

	signal(SIGUSR1, on_timer);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &unblocked);
	for (int i = 0; i < 5; i++)
		sleep_by_timer(&unblocked);
	puts("5 expired");
	return 0;
}
