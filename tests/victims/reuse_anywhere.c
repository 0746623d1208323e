/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone */
/*
 * dup() of a timerfd, and between any two instructions of the preload in it a handler closes that
 * descriptor and makes a timer in a heap block, which gets its slot; some instructions later
 * another frees such a block.
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "step.h"

#if defined(__x86_64__)
enum { APART = 12 };

static int fd, steps, first_at, second_at;
static timer_t *reused, *freed;

static timer_t *make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t *place = calloc(2, sizeof(*place));

	MUST(place && timer_create(CLOCK_MONOTONIC, &ev, place) == 0);
	return place;
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	int error = errno;

	(void)signo;
	(void)info;
	if (!step_is_inside(context))
		return;
	if (++steps == first_at) {
		close(fd);
		reused = make();
	} else if (steps == second_at) {
		timer_delete(*freed);
		free(freed);
		freed = NULL;
		step_end(context);
	}
	errno = error;
}

static void end(timer_t *timer)
{
	if (!timer)
		return;
	timer_delete(*timer);
	free(timer);
}

/* False: the call was over before there was anything to do. */
static int once(int at, int later)
{
	int copy;

	steps = 0;
	first_at = at;
	second_at = at + later;
	reused = NULL;
	freed = make();
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	step(1);
	copy = dup(fd);
	step(0);
	if (copy >= 0)
		close(copy);
	if (!reused)
		close(fd);
	end(freed);
	end(reused);
	return reused != NULL;
}

int main(void)
{
	int at = 1;

	step_init(on_step);
	once(1 << 30, 1); /* what is new takes the lock, and blocks the signal */
	for (; once(at, 1); at++)
		for (int later = 2; later <= APART; later++)
			once(at, later);
	puts(at > 20 ? "more than 20 instructions" : "few instructions");
	return 0;
}
#else
int main(void)
{
	skip("no trap flag here");
}
#endif
