/* SPDX-License-Identifier: MIT */
/*
 * Every way for a process to end with one timer left, and the ways to clean up at the last moment.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static timer_t kept;
static int clean_at_end;

/* Not inlined: its frame, with the handle in it, shall be gone. */
static NOINLINE timer_t make(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	return t;
}

static void clean(void)
{
	timer_delete(kept);
}

static void __attribute__((destructor)) clean_in_destructor(void)
{
	if (clean_at_end)
		clean();
}

static void by_return(void)
{
	make();
}

static void by_exit(void)
{
	make();
	exit(0);
}

static void by_exit_5(void)
{
	make();
	puts("status 5");
	exit(5);
}

static void by__exit(void)
{
	make();
	_exit(0);
}

static void by__Exit(void)
{
	make();
	_Exit(0);
}

static void by_quick_exit(void)
{
	make();
	quick_exit(0);
}

static void *exit_5(void *arg)
{
	(void)arg;
	exit(5);
}

/* Far below the frames that main has at the end. */
static NOINLINE void make_deep(void)
{
	volatile char depth[4096];

	depth[0] = 0;
	make();
}

static void exit_in_thread(void)
{
	pthread_t thread;

	make_deep();
	MUST(pthread_create(&thread, NULL, exit_5, NULL) == 0);
	pause();
}

static void *last_thread(void *arg)
{
	usleep(50000);
	return arg;
}

static void pthread_exit_in_main(void)
{
	pthread_t thread;

	make();
	MUST(pthread_create(&thread, NULL, last_thread, NULL) == 0);
	pthread_exit(NULL);
}

static void by_signal(int sig)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	make();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void by_abort(void)
{
	by_signal(SIGABRT);
}

static void by_segv(void)
{
	by_signal(SIGSEGV);
}

static void by_term(void)
{
	by_signal(SIGTERM);
}

static void by_kill(void)
{
	by_signal(SIGKILL);
}

static void cleaned_by_atexit(void)
{
	kept = make();
	atexit(clean);
}

static void cleaned_by_at_quick_exit(void)
{
	kept = make();
	at_quick_exit(clean);
	quick_exit(0);
}

static void cleaned_by_destructor(void)
{
	kept = make();
	clean_at_end = 1;
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(by_return),
	    CASE(by_exit),
	    CASE(by_exit_5),
	    CASE(by__exit),
	    CASE(by__Exit),
	    CASE(by_quick_exit),
	    CASE(exit_in_thread),
	    CASE(pthread_exit_in_main),
	    CASE(by_abort),
	    CASE(by_segv),
	    CASE(by_term),
	    CASE(by_kill),
	    CASE(cleaned_by_atexit),
	    CASE(cleaned_by_at_quick_exit),
	    CASE(cleaned_by_destructor),
	};

	return RUN_CASE(cases, argc, argv);
}
