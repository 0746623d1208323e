/* SPDX-License-Identifier: MIT */
/*
 * A timeout by a blocked signal, valid: sigwaitinfo takes the expiry, then the timer is deleted.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static void wait_for_timeout(const sigset_t *set)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	siginfo_t info;
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0)
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	if (sigwaitinfo(set, &info) != SIGRTMIN)
		err(1, "sigwaitinfo");
	timer_delete(timer);
}

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 5; i++)
		wait_for_timeout(&set);
	puts("5 timeouts");
	return 0;
}
