/* SPDX-License-Identifier: MIT */
/*
 * A timeout by a blocked signal, leaking: the reply comes first and nobody deletes the timer. Each
 * holds a slot of RLIMIT_SIGPENDING, so timer_create fails with EAGAIN at the end.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static void request(const sigset_t *set)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	siginfo_t info;
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0) /* LEAK */
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	raise(SIGUSR1); /* the reply */
	if (sigwaitinfo(set, &info) == SIGUSR1)
		return;
	timer_delete(timer);
}

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 5; i++)
		request(&set);
	puts("5 replies");
	return 0;
}
