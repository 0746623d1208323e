/* SPDX-License-Identifier: MIT */
/* flags: -O2 -Wl,-z,lazy */
/*
 * A handler that makes a timer after each single instruction: in prologues and epilogues, in PLT
 * entries and in what the loader does for the first call of each, in frames that realign the stack,
 * on the thread's stack and on one of its own. Says how many; status 77: not for this machine.
 */
#include <alloca.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define TRAP_FLAG "0x100"

static volatile unsigned steps;
static volatile sig_atomic_t busy;

static void make(int signo)
{
	int saved = errno;
	int fd;

	(void)signo;
	steps = steps + 1;
	if (busy)
		return;
	busy = 1;
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	if (fd >= 0)
		close(fd);
	busy = 0;
	errno = saved;
}

#if defined(__x86_64__)
/* Not in the red zone of whoever calls. */
#define STEP_BY_STEP(change)                        \
	__asm__ volatile("sub $128, %%rsp\n\t"      \
			 "pushfq\n\t" change "\n\t" \
			 "popfq\n\t"                \
			 "add $128, %%rsp"          \
			 :                          \
			 :                          \
			 : "memory", "cc")
#define BEGIN() STEP_BY_STEP("orq $" TRAP_FLAG ", (%%rsp)")
#define END()	STEP_BY_STEP("andq $~" TRAP_FLAG ", (%%rsp)")
#else
#define BEGIN() exit(77)
#define END()	((void)0)
#endif

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Its arguments are found by another register, and what it needs lies at a round address. */
static NOINLINE int realigned(int a, int b, int c, int d, int e, int f, int g, size_t size)
{
	_Alignas(64) volatile char room[64];
	volatile char *more = alloca(size);

	room[a & 63] = (char)b;
	more[0] = (char)g;
	return room[a & 63] + more[0] + c + d + e + f;
}

static NOINLINE int recurse(int depth)
{
	volatile char room[200];

	room[depth] = (char)depth;
	return depth ? recurse(depth - 1) + room[depth] : realigned(1, 2, 3, 4, 5, 6, 7, 40);
}

static NOINLINE void walk_through(void)
{
	int *numbers = alloca(5 * sizeof(*numbers)); /* for a frame pointer: see STEP_BY_STEP */
	volatile int sink;

	memcpy(numbers, (const int[]){5, 1, 4, 2, 3}, 5 * sizeof(*numbers));
	BEGIN();
	sink = recurse(3);
	qsort(numbers, 5, sizeof(numbers[0]), compare);
	sink = (int)strcspn("abc", "c") + atoi("12");
	END();
	(void)sink;
}

static void step_with(int flags)
{
	struct sigaction action = {.sa_handler = make, .sa_flags = flags};

	MUST(sigaction(SIGTRAP, &action, NULL) == 0);
	walk_through();
}

int main(void)
{
	static char stack[1 << 16];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

	MUST(sigaltstack(&alternate, NULL) == 0);
	step_with(0);
	step_with(SA_ONSTACK);
	printf("%s\n", steps > 1000 ? "many steps" : "few steps");
	return 0;
}
