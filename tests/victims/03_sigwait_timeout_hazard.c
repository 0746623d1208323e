/* SPDX-License-Identifier: MIT */
/*
 * A timeout by a blocked signal, a hazard: the timer is deleted while its signal is queued. POSIX
 * leaves open whether the signal is still delivered; older kernels do.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void request(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 1000000};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0) /* HAZARD */
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	usleep(20000);	     /* the reply, too late */
	timer_delete(timer); /* SIGRTMIN is pending */
}

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	request();
	puts("done");
	return 0;
}
