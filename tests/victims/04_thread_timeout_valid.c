/* SPDX-License-Identifier: MIT */
/*
 * A timeout a request, called back in a thread, valid: only the callback ends a request, and it
 * deletes the timer before it frees the request that holds the handle.
 */
#include <err.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct request {
	timer_t timer;
	int number;
};

static sem_t ended;

static void on_timeout(union sigval v)
{
	struct request *r = v.sival_ptr;

	timer_delete(r->timer);
	free(r);
	sem_post(&ended);
}

static void start_request(int number)
{
	struct itimerspec when = {.it_value.tv_nsec = 2000000};
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timeout};
	struct request *r = calloc(1, sizeof(*r));

	r->number = number;
	ev.sigev_value.sival_ptr = r;
	if (timer_create(CLOCK_MONOTONIC, &ev, &r->timer) < 0)
		err(1, "timer_create");
	timer_settime(r->timer, 0, &when, NULL);
}

int main(void)
{
	sem_init(&ended, 0, 0);
	for (int i = 0; i < 5; i++)
		start_request(i);
	for (int i = 0; i < 5; i++)
		sem_wait(&ended);
	puts("5 timeouts");
	return 0;
}
