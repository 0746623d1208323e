/* SPDX-License-Identifier: MIT */
/*
 * A timeout by a blocked signal, fixed: disarming and deleting does not take back a signal that is
 * queued already, so after timer_delete the queue is asked once, without waiting, and a signal of
 * this timer is thrown away. Only then may the request go.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void request(const sigset_t *set, const sigset_t *timeouts)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct timespec now = {0};
	char *payload = malloc(32);
	siginfo_t info;
	timer_t timer;

	ev.sigev_value.sival_ptr = payload;
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0)
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	raise(SIGUSR1); /* the reply */
	sigwaitinfo(set, &info);
	timer_delete(timer);
	if (sigtimedwait(timeouts, &info, &now) > 0 && info.si_value.sival_ptr != payload)
		errx(1, "a signal of another request");
	free(payload);
}

int main(void)
{
	sigset_t set, timeouts;

	sigemptyset(&timeouts);
	sigaddset(&timeouts, SIGRTMIN);
	set = timeouts;
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 5; i++)
		request(&set, &timeouts);
	puts("5 replies");
	return 0;
}
