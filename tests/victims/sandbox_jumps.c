/* SPDX-License-Identifier: MIT */
/*
 * In a sandbox, where the preload cannot mask signals, a handler jumps out of whatever is under
 * way: timer_settime at any time, and calls that take locks of the preload's. Another thread must
 * get on. Says how that went.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

enum { JUMPS = 3000, DEEPEST = 60 };

static sigjmp_buf out;
static volatile sig_atomic_t may_jump;
static volatile unsigned long jumps, rounds;
static volatile int ended;

static void jump(int signo)
{
	(void)signo;
	if (!may_jump)
		return;
	may_jump = 0;
	jumps++;
	siglongjmp(out, 1);
}

/* A new stack for each depth. */
static NOINLINE void use_timer(timer_t *t, int depth)
{
	static const struct itimerspec hour = {.it_value.tv_sec = 3600};
	struct sigevent none = {.sigev_notify = SIGEV_NONE};

	if (depth > 0) {
		use_timer(t, depth - 1);
		__asm__ volatile("" ::: "memory"); /* no tail call */
		return;
	}
	if (timer_create(CLOCK_MONOTONIC, &none, t) == 0) {
		timer_settime(*t, 0, &hour, NULL);
		timer_delete(*t);
	}
}

/* With a block each, so that each free has to look at what waits. */
static void *get_on(void *arg)
{
	(void)arg;
	for (unsigned i = 0; !ended; i++) {
		timer_t *t = malloc(64);

		MUST(t);
		use_timer(t, (int)(i % DEEPEST));
		free(t);
		rounds++;
	}
	return NULL;
}

static void shut_in(void)
{
	static struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	static struct sock_fprog program = {1, all};

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		skip("no seccomp filter may be set");
}

static pthread_t start(void)
{
	sigset_t all;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	MUST(pthread_create(&thread, NULL, get_on, NULL) == 0);
	sigemptyset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	return thread;
}

static void use_and_jump(void)
{
	static const struct itimerval often = {{0, 53}, {0, 53}}, never;
	static timer_t timers[4096]; /* what a jump leaves behind is lost */
	static volatile unsigned i;

	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	sigsetjmp(out, 1);
	while (jumps < JUMPS) {
		may_jump = 1;
		i++;
		use_timer(&timers[i % 4096], (int)(i % DEEPEST));
		may_jump = 0;
	}
	MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
}

int main(void)
{
	timer_t first;
	pthread_t thread;
	unsigned long before;

	use_timer(&first, 0);
	shut_in();
	signal(SIGALRM, jump);
	thread = start();
	use_and_jump();
	use_timer(&first, 0);
	before = rounds;
	for (int i = 0; i < 500 && rounds == before; i++)
		usleep(10000);
	puts(rounds > before ? "the other thread gets on" : "the other thread hangs");
	fflush(stdout);
	if (rounds == before)
		_exit(1);
	ended = 1;
	pthread_join(thread, NULL);
	return 0;
}
