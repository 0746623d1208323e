/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone */
/*
 * Calls on a timer, and between any two instructions of the preload in them a handler forks. Each
 * child ends the call and itself. Says how many children there were, and how many ended
 * badly. Without an argument the calls are a create and a delete.
 */
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "step.h"

#if defined(__x86_64__)
static volatile int forks, bad, is_child, in_delete, is_life, steps;
static timer_t childs;

static void on_step(int signo, siginfo_t *info, void *context)
{
	int status;
	pid_t pid;

	(void)signo;
	(void)info;
	if (step_is_last(context))
		step_end(context);
	if (!step_is_inside(context) || (is_life && ++steps % 2))
		return;
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		is_child = 1;
		if (in_delete) /* what goes on must not take it for the one that it deletes */
			timer_create(CLOCK_MONOTONIC, NULL, &childs);
		step_end(context);
		return;
	}
	MUST(waitpid(pid, &status, 0) == pid);
	forks++;
	bad += status != 0;
}

static void stop(void)
{
	step(0);
	if (is_child)
		_exit(0);
}

/* What is new takes the lock, and blocks the signal: so it is made once before, by the same call.
 */
static void make(int stepping)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	step(stepping);
	timer_create(CLOCK_MONOTONIC, &ev, &t);
	stop();
	in_delete = stepping;
	step(stepping);
	timer_delete(t);
	stop();
	in_delete = 0;
}

static void calls(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec soon = {.it_value.tv_nsec = 1}, there;
	unsigned long long ticks;
	timer_t t;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	signal(SIGUSR1, SIG_IGN);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &soon, NULL) == 0);
	usleep(20000); /* what is expired is looked at more closely */
	step(1);
	timer_settime(t, 0, &soon, NULL);
	stop();
	step(1);
	timer_gettime(t, &there);
	stop();
	step(1);
	timerfd_settime(fd, 0, &soon, NULL);
	stop();
	step(1);
	/* Who comes first gets it: children have the same. */
	(void)!read(fd, &ticks, sizeof(ticks));
	stop();
}

int main(int argc, char **argv)
{
	(void)argv;
	is_life = argc == 1;
	step_init(on_step);
	if (!is_life)
		calls();
	for (int stepping = 0; is_life && stepping < 2; stepping++)
		make(stepping);
	printf("%s, %d ended badly\n", forks > 100 ? "more than 100 children" : "few children",
	       bad);
	return 0;
}
#else
int main(void)
{
	skip("no trap flag here");
}
#endif
