/* SPDX-License-Identifier: MIT */
/*
 * Calls on stacks with little room left, where the program's own calls fit: next to the guard page
 * of a thread, on coroutines, on signal stacks that lie in a frame or are disarmed meanwhile.
 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cases.h"

static NOINLINE void make(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	MUST(fd >= 0 && close(fd) == 0);
}

static NOINLINE void allocate(void)
{
	void *volatile block;

	for (int i = 0; i < 2000; i++) {
		block = malloc(2000);
		free(block);
	}
	block = malloc(600000);
	free(block);
}

/* The block goes while the timer lives, and says something by that. */
static NOINLINE void forget(void)
{
	timer_t *place = malloc(600), timer;
	struct sigevent event = {.sigev_notify = SIGEV_NONE};

	MUST(place && timer_create(CLOCK_MONOTONIC, &event, place) == 0);
	timer = *place;
	free(place);
	MUST(timer_delete(timer) == 0);
}

/* ---- next to a guard page ------------------------------------------------------------------ */

static pthread_barrier_t together;
static size_t left;
static void (*what)(void);

static NOINLINE void low_on(const char *bottom)
{
	char here;
	volatile char *hole = alloca((size_t)(&here - bottom) - left);

	hole[0] = 1;
	what();
}

static void *use_up(void *first)
{
	pthread_attr_t attr;
	void *bottom;
	size_t size;

	MUST(pthread_getattr_np(pthread_self(), &attr) == 0);
	MUST(pthread_attr_getstack(&attr, &bottom, &size) == 0);
	what();
	pthread_barrier_wait(&together);
	if (first)
		low_on(bottom);
	pthread_barrier_wait(&together);
	return NULL;
}

/* Below the guard page lies the other thread's stack. */
static void two_threads(void (*call)(void), size_t bytes)
{
	pthread_t threads[2];
	pthread_attr_t attr;

	what = call;
	left = bytes;
	MUST(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, 65536) == 0);
	MUST(pthread_barrier_init(&together, NULL, 2) == 0);
	for (int i = 0; i < 2; i++)
		MUST(pthread_create(&threads[i], &attr, use_up, i ? NULL : &threads) == 0);
	for (int i = 0; i < 2; i++)
		MUST(pthread_join(threads[i], NULL) == 0);
}

static void made_above_a_guard(void)
{
	two_threads(make, 5000);
	two_threads(make, 4000);
}

static void freed_above_a_guard(void)
{
	two_threads(forget, 2500);
}

static void allocated_above_a_guard(void)
{
	two_threads(allocate, 5000);
}

/* ---- coroutines ---------------------------------------------------------------------------- */

static ucontext_t home, away;
static const char *small_bottom;

static NOINLINE void recurse(int depth)
{
	volatile char frame[4000];

	frame[0] = frame[3999] = 1;
	make();
	if (depth)
		recurse(depth - 1);
	frame[1] = 2;
}

static void all_over_it(void)
{
	recurse(9);
}

static void low_on_it(void)
{
	what = make;
	left = 4500;
	low_on(small_bottom);
}

static void run_on(char *stack, size_t size, void (*function)(void))
{
	MUST(getcontext(&away) == 0);
	away.uc_stack.ss_sp = stack;
	away.uc_stack.ss_size = size;
	away.uc_link = &home;
	makecontext(&away, function, 0);
	MUST(swapcontext(&home, &away) == 0);
}

/* A stack is unmapped, and a smaller one with its guard page comes to lie there. */
static void coroutines(void)
{
	char *big = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	make();
	run_on(big, 65536, all_over_it);
	MUST(mprotect(big, 65536, PROT_NONE) == 0);
	small_bottom = big + 65536 - 16384 - 8192;
	MUST(mprotect((void *)small_bottom, 16384, PROT_READ | PROT_WRITE) == 0);
	run_on((char *)small_bottom, 16384, low_on_it);
}

/* ---- signal stacks ------------------------------------------------------------------------- */

struct with_stack {
	unsigned char below[16384], stack[6144]; /* the kernel alone takes 3.4 KiB with AVX-512 */
};

static void on_signal(int sig)
{
	(void)sig;
	make();
}

static void use_stack(struct with_stack *with, int flags)
{
	stack_t stack = {.ss_sp = with->stack, .ss_size = sizeof(with->stack), .ss_flags = flags};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	memset(with->below, 0x5a, sizeof(with->below));
	if (sigaltstack(&stack, NULL))
		skip("no such signal stack here");
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
	for (size_t i = 0; i < sizeof(with->below); i++)
		MUST(with->below[i] == 0x5a);
}

static NOINLINE void stack_in_a_frame(void)
{
	struct with_stack with;

	recurse(8);
	make();
	use_stack(&with, 0);
}

static void disarmed_stack(void)
{
	static struct with_stack with;

	make();
	use_stack(&with, (int)(1u << 31)); /* SS_AUTODISARM, linux/signal.h */
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(made_above_a_guard), CASE(allocated_above_a_guard), CASE(freed_above_a_guard),
	    CASE(coroutines),	      CASE(stack_in_a_frame),	     CASE(disarmed_stack)};

	return RUN_CASE(cases, argc, argv);
}
