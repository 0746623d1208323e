/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone */
/*
 * dup() of a timerfd, and between any two instructions of the preload in it a handler closes that
 * descriptor and makes a timer in a heap block, which gets its slot; some instructions later
 * another frees such a block. The processor steps (the trap flag), so that none is left out.
 */
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cases.h"

#if defined(__x86_64__)
#define TRAP_FLAG 0x100

enum { APART = 12 };

static uintptr_t from, to;
static int fd, steps, first_at, second_at;
static timer_t *reused, *freed;

static int find_preload(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	if (!strstr(info->dlpi_name, "libtimerleak"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_flags & PF_X) {
			from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			to = from + info->dlpi_phdr[i].p_memsz;
		}
	return 1;
}

static timer_t *make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t *place = calloc(2, sizeof(*place));

	MUST(place && timer_create(CLOCK_MONOTONIC, &ev, place) == 0);
	return place;
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	int error = errno;

	(void)signo;
	(void)info;
	if ((uintptr_t)registers[REG_RIP] - from >= to - from)
		return;
	if (++steps == first_at) {
		close(fd);
		reused = make();
	} else if (steps == second_at) {
		timer_delete(*freed);
		free(freed);
		freed = NULL;
		registers[REG_EFL] &= ~TRAP_FLAG;
	}
	errno = error;
}

static NOINLINE void step(int on)
{
	unsigned long flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	flags = on ? flags | TRAP_FLAG : flags & ~(unsigned long)TRAP_FLAG;
	__asm__ volatile("push %0; popfq" : : "r"(flags) : "cc", "memory");
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
	struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO | SA_RESTART};
	int at = 1;

	dl_iterate_phdr(find_preload, NULL);
	MUST(sigaction(SIGTRAP, &action, NULL) == 0);
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
