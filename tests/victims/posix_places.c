/* SPDX-License-Identifier: MIT */
/*
 * Where the handle is: static storage, thread-local storage, frames of living and of ended threads,
 * and a variable that is written twice.
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static timer_t in_bss;
static timer_t in_data = (timer_t)-1;
static __thread timer_t in_tls;

static NOINLINE void make(timer_t *place)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	MUST(timer_create(CLOCK_MONOTONIC, &ev, place) == 0); /* MAKE */
}

static void run_thread(void *(*fn)(void *), int wait)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, fn, NULL) == 0);
	if (wait)
		pthread_join(thread, NULL);
	else
		usleep(50000);
}

static void bss(void)
{
	make(&in_bss);
}

static void data(void)
{
	make(&in_data);
}

static void tls(void)
{
	make(&in_tls);
}

static void struct_in_bss(void)
{
	static struct {
		char before[40];
		timer_t t;
	} s;

	make(&s.t);
}

static void *tls_then_wait(void *arg)
{
	make(&in_tls);
	pause();
	return arg;
}

static void *tls_then_end(void *arg)
{
	make(&in_tls);
	return arg;
}

static void *frame_then_wait(void *arg)
{
	timer_t t;

	make(&t);
	pause();
	return arg;
}

static void *frame_then_end(void *arg)
{
	timer_t t;

	make(&t);
	return arg;
}

static void tls_of_living_thread(void)
{
	run_thread(tls_then_wait, 0);
}

static void tls_of_ended_thread(void)
{
	run_thread(tls_then_end, 1);
}

static void frame_of_living_thread(void)
{
	run_thread(frame_then_wait, 0);
}

static void frame_of_ended_thread(void)
{
	run_thread(frame_then_end, 1);
}

static void frame_of_exit(void)
{
	timer_t t;

	make(&t);
	exit(0);
}

static void forgotten(void)
{
	make(&in_bss);
	in_bss = (timer_t)-1;
}

static void copy_is_no_place(void)
{
	timer_t t;

	make(&t);
	in_bss = t;
}

static void overwritten(void)
{
	make(&in_bss);
	make(&in_bss);
}

static void *tls_twice(void *arg)
{
	make(&in_tls);
	return tls_then_wait(arg);
}

/* libc has that on top of the thread's stack. */
static void overwritten_in_tls(void)
{
	run_thread(tls_twice, 0);
}

static void overwritten_deleted(void)
{
	timer_t first;

	make(&in_bss);
	first = in_bss;
	make(&in_bss);
	MUST(timer_delete(first) == 0);
}

static void deleted_then_made(void)
{
	make(&in_bss);
	MUST(timer_delete(in_bss) == 0);
	make(&in_bss);
}

static void overwritten_then_used(void)
{
	struct itimerspec left;
	timer_t first;

	make(&in_bss);
	first = in_bss;
	make(&in_bss);
	MUST(timer_gettime(first, &left) == 0);
}

static void staging(void)
{
	struct itimerspec left;
	timer_t t[3];

	for (int i = 0; i < 3; i++) {
		make(&in_bss);
		t[i] = in_bss;
	}
	MUST(timer_gettime(t[0], &left) == 0);
}

/* The first was used before the second was overwritten. */
static void staging_known(void)
{
	struct itimerspec left;
	timer_t first;

	make(&in_bss);
	first = in_bss;
	make(&in_bss);
	MUST(timer_gettime(first, &left) == 0);
	make(&in_bss);
}

/* Handles in frames, one below the other, of a thread whose stack is an array; then of a handler
 * whose stack lies in a frame there. What stands there later is no variable's. */
static NOINLINE void make_below(int depth)
{
	volatile char apart[2000];
	timer_t t;

	apart[0] = apart[1999] = 1;
	make(&t);
	if (depth)
		make_below(depth - 1);
	apart[1] = 1;
}

static void on_signal(int sig)
{
	timer_t t;

	(void)sig;
	make(&t);
}

static void *on_array(void *arg)
{
	char below[16384];
	stack_t stack = {.ss_sp = below, .ss_size = sizeof(below)};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	make_below(8);
	MUST(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
	stack.ss_flags = SS_DISABLE;
	MUST(sigaltstack(&stack, NULL) == 0);
	return arg;
}

static void frames_in_an_array(void)
{
	static _Alignas(4096) char array[262144];
	pthread_attr_t attr;
	pthread_t thread;

	MUST(pthread_attr_init(&attr) == 0 &&
	     pthread_attr_setstack(&attr, array, sizeof(array)) == 0);
	MUST(pthread_create(&thread, &attr, on_array, NULL) == 0);
	MUST(pthread_join(thread, NULL) == 0);
}

static void stack_twice(void)
{
	timer_t t;

	make(&t);
	make(&t);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(bss),
	    CASE(data),
	    CASE(tls),
	    CASE(struct_in_bss),
	    CASE(tls_of_living_thread),
	    CASE(tls_of_ended_thread),
	    CASE(frame_of_living_thread),
	    CASE(frame_of_ended_thread),
	    CASE(frame_of_exit),
	    CASE(forgotten),
	    CASE(copy_is_no_place),
	    CASE(overwritten),
	    CASE(overwritten_in_tls),
	    CASE(overwritten_deleted),
	    CASE(deleted_then_made),
	    CASE(overwritten_then_used),
	    CASE(staging),
	    CASE(staging_known),
	    CASE(frames_in_an_array),
	    CASE(stack_twice),
	};

	return RUN_CASE(cases, argc, argv);
}
