/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -mno-red-zone */
/*
 * Calls on a timer, and between any two instructions of the preload in them a handler forks. Each
 * child ends the call and itself. The processor steps (the trap flag), so none is left out; only
 * calls that block no signals can be stepped through. Says how many children there were, and how
 * many ended badly.
 */
#include <link.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cases.h"

#if defined(__x86_64__)
#define TRAP_FLAG 0x100

static uintptr_t from, to;
static volatile int forks, bad, is_child;

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

static void on_step(int signo, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	uintptr_t at = (uintptr_t)registers[REG_RIP];
	int status;
	pid_t pid;

	(void)signo;
	(void)info;
	if (at - from >= to - from)
		return;
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		is_child = 1;
		registers[REG_EFL] &= ~TRAP_FLAG;
		return;
	}
	MUST(waitpid(pid, &status, 0) == pid);
	forks++;
	bad += status != 0;
}

static NOINLINE void step(int on)
{
	unsigned long flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	flags = on ? flags | TRAP_FLAG : flags & ~(unsigned long)TRAP_FLAG;
	__asm__ volatile("push %0; popfq" : : "r"(flags) : "cc", "memory");
	if (!on && is_child)
		_exit(0);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec soon = {.it_value.tv_nsec = 1}, there;
	unsigned long long ticks;
	timer_t t;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	signal(SIGUSR1, SIG_IGN);
	dl_iterate_phdr(find_preload, NULL);
	MUST(sigaction(SIGTRAP, &action, NULL) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &soon, NULL) == 0);
	usleep(20000); /* what is expired is looked at more closely */
	step(1);
	timer_settime(t, 0, &soon, NULL);
	step(0);
	step(1);
	timer_gettime(t, &there);
	step(0);
	step(1);
	timerfd_settime(fd, 0, &soon, NULL);
	step(0);
	step(1);
	(void)!read(fd, &ticks,
		    sizeof(ticks)); /* who comes first gets it: children have the same */
	step(0);
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
