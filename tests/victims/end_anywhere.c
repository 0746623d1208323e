/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone */
/*
 * A handler ends the process in the midst of the delete of a timer: the argument says whether just
 * "before" the kernel is told, or just "after". How many instructions that takes the delete of
 * another timer shows.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "step.h"

#if defined(__x86_64__)
static timer_t counted, timer;
static int steps, end_at;

static int is_gone(timer_t t)
{
	struct itimerspec left;

	return syscall(SYS_timer_gettime, (long)t, &left) < 0;
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	if (!step_is_inside(context))
		return;
	steps++;
	if (steps == end_at)
		_exit(0);
	if (!end_at && is_gone(counted))
		step_end(context);
}

static NOINLINE void delete (timer_t t)
{
	step(1);
	timer_delete(t);
	step(0);
}

int main(int argc, char **argv)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	MUST(argc == 2);
	step_init(on_step);
	for (int i = 0; i < 2; i++) /* what is new takes the lock, and blocks the signal */
		MUST(timer_create(CLOCK_MONOTONIC, &ev, &counted) == 0 &&
		     (i || timer_delete(counted) == 0));
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &timer) == 0);
	delete (counted);
	end_at = strcmp(argv[1], "before") ? steps : steps - 1;
	steps = 0;
	delete (timer);
	return 1;
}
#else
int main(void)
{
	skip("no trap flag here");
}
#endif
