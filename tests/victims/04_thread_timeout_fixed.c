/* SPDX-License-Identifier: MIT */
/*
 * A timeout a request, called back in a thread, fixed: reply and callback shake hands by one flag;
 * who sets it first deletes the timer. A callback that has been started cannot be called back, so
 * requests live in a table that outlasts every callback instead of being freed by the reply.
 */
#include <err.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static struct request {
	timer_t timer;
	atomic_flag over;
} requests[5];

static int end_request(struct request *r)
{
	if (atomic_flag_test_and_set(&r->over))
		return 0;
	timer_delete(r->timer);
	return 1;
}

static void on_timeout(union sigval v)
{
	end_request(v.sival_ptr);
}

static void start_request(struct request *r)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timeout};

	atomic_flag_clear(&r->over);
	ev.sigev_value.sival_ptr = r;
	if (timer_create(CLOCK_MONOTONIC, &ev, &r->timer) < 0)
		err(1, "timer_create");
	timer_settime(r->timer, 0, &when, NULL);
}

int main(void)
{
	int replies = 0;

	for (int i = 0; i < 5; i++)
		start_request(&requests[i]);
	for (int i = 0; i < 5; i++)
		replies += end_request(&requests[i]);
	printf("%d replies\n", replies);
	return 0;
}
