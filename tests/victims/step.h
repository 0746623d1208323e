/* SPDX-License-Identifier: MIT */
/*
 * step.h - a handler after every instruction of the preload. The processor steps (the trap flag),
 * so that none is left out; calls that block signals cannot be stepped through.
 */
#ifndef STEP_H
#define STEP_H

#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "cases.h"

#if defined(__x86_64__)
#define STEP_FLAG 0x100

static uintptr_t step_from, step_to; /* the preload's code */

static inline int step_find(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	if (!strstr(info->dlpi_name, "libtimerleak"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_flags & PF_X) {
			step_from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			step_to = step_from + info->dlpi_phdr[i].p_memsz;
		}
	return 1;
}

static inline void step_init(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};

	dl_iterate_phdr(step_find, NULL);
	MUST(sigaction(SIGTRAP, &action, NULL) == 0);
}

/* For the handler: was it called in the preload? */
static inline int step_is_inside(const void *context)
{
	uintptr_t at = (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	return at - step_from < step_to - step_from;
}

/* For the handler: it is not called again. */
static inline void step_end(void *context)
{
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~STEP_FLAG;
}

/* For the handler: what comes next blocks signals, and this one with them, which would kill. */
static inline int step_is_last(const void *context)
{
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;
	const unsigned char *at = (const unsigned char *)(uintptr_t)regs[REG_RIP];

	return at[0] == 0x0f && at[1] == 0x05 && regs[REG_RAX] == SYS_rt_sigprocmask;
}

static NOINLINE void step(int on)
{
	unsigned long flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	flags = on ? flags | STEP_FLAG : flags & ~(unsigned long)STEP_FLAG;
	__asm__ volatile("push %0; popfq" : : "r"(flags) : "cc", "memory");
}
#endif

#endif
