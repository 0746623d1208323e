/* SPDX-License-Identifier: MIT */
/*
 * A timeout a request, called back in a thread, leaking: the reply frees the request and with it
 * the only handle of the timer, which stays armed. When it fires, the callback gets freed memory.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct request {
	timer_t timer;
	int number;
};

static void on_timeout(union sigval v)
{
	struct request *r = v.sival_ptr;

	printf("request %d timed out\n", r->number);
}

static struct request *start_request(int number)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timeout};
	struct request *r = calloc(1, sizeof(*r));

	r->number = number;
	ev.sigev_value.sival_ptr = r;
	if (timer_create(CLOCK_MONOTONIC, &ev, &r->timer) < 0) /* LEAK */
		err(1, "timer_create");
	timer_settime(r->timer, 0, &when, NULL);
	return r;
}

static void on_reply(struct request *r)
{
	free(r); /* FREE */
}

int main(void)
{
	for (int i = 0; i < 5; i++)
		on_reply(start_request(i));
	puts("5 replies");
	return 0;
}
