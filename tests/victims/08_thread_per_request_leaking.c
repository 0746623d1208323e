/* SPDX-License-Identifier: MIT */
/*
 * A thread a request, leaking: the thread ends, its timer does not. A timer belongs to the process,
 * and the only handle was on the stack of the thread.
 */
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static void *serve(void *arg)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0) /* LEAK */
		err(1, "timer_create");
	timer_settime(timer, 0, &when, NULL);
	return arg; /* served */
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < 5; i++) {
		if (pthread_create(&thread, NULL, serve, NULL))
			errx(1, "pthread_create");
		pthread_join(thread, NULL);
	}
	puts("5 served");
	return 0;
}
