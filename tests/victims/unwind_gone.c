/* SPDX-License-Identifier: MIT */
/* flags: -pthread */
/*
 * Coroutines whose stacks lie below their thread's without a gap, so that nobody can tell them from
 * it. One is unmapped while another, further down, makes timers.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "cases.h"

#define PART ((size_t)64 << 10)

static char *base; /* two coroutines, then the thread */
static ucontext_t thread_context, coroutine;

static NOINLINE void make(int depth)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	if (depth) {
		make(depth - 1);
		__asm__ volatile("");
		return;
	}
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_delete(t) == 0);
}

static void in_coroutine(void)
{
	for (int i = 0; i < 3; i++)
		make(100); /* more than is recorded: how the stack ends does not matter */
}

static void run_on(char *stack)
{
	MUST(getcontext(&coroutine) == 0);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = PART;
	coroutine.uc_link = &thread_context;
	makecontext(&coroutine, in_coroutine, 0);
	MUST(swapcontext(&thread_context, &coroutine) == 0);
}

static void *work(void *arg)
{
	make(3);
	run_on(base);
	run_on(base + PART);
	MUST(munmap(base + PART, PART) == 0);
	run_on(base);
	make(3);
	return arg;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	base = mmap(NULL, 4 * PART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(base != MAP_FAILED);
	MUST(pthread_attr_init(&attr) == 0);
	MUST(pthread_attr_setstack(&attr, base + 2 * PART, 2 * PART) == 0);
	MUST(pthread_create(&thread, &attr, work, NULL) == 0);
	MUST(pthread_join(thread, NULL) == 0);
	return 0;
}
