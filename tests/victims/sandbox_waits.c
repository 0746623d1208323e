/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone -pthread */
/*
 * In a sandbox, where the preload cannot mask signals, a handler comes between its instructions and
 * waits for another thread, as a collector does that stops the world. Says whether that got on.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "step.h"

#if defined(__x86_64__)
static volatile unsigned long rounds;
static volatile int ended;

static void use_timer(timer_t *t)
{
	struct sigevent none = {.sigev_notify = SIGEV_NONE};

	MUST(timer_create(CLOCK_MONOTONIC, &none, t) == 0 && timer_delete(*t) == 0);
}

/* With a block each, so that each free has to look at what waits. */
static void *get_on(void *arg)
{
	while (!ended) {
		timer_t *t = malloc(64);

		MUST(t);
		use_timer(t);
		free(t);
		rounds++;
	}
	return arg;
}

static void wait_for_a_round(void)
{
	unsigned long before = rounds;

	for (int i = 0; i < 200000 && rounds < before + 2; i++)
		usleep(100);
	if (rounds >= before + 2)
		return;
	puts("the other thread hangs");
	fflush(stdout);
	_exit(1);
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	if (step_is_inside(context))
		wait_for_a_round();
}

int main(void)
{
	struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {1, all};
	pthread_t thread;
	timer_t *block = malloc(64), first;

	use_timer(&first);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		skip("no seccomp filter may be set");
	step_init(on_step);
	MUST(block && pthread_create(&thread, NULL, get_on, NULL) == 0);
	use_timer(block);
	step(1);
	free(block); /* takes the lock */
	step(0);
	ended = 1;
	pthread_join(thread, NULL);
	puts("the other thread gets on");
	return 0;
}
#else
int main(void)
{
	skip("no trap flag here");
}
#endif
