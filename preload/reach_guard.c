/* SPDX-License-Identifier: MIT */
/*
 * Reading memory that may fault, in the child alone: handlers there are nobody else's. The kernel
 * ends a process whose fault is blocked (kernel/signal.c, force_sig), so the two are unblocked.
 */
#include "reach_state.h"
#include <signal.h>
#include <sys/syscall.h>

static struct tl_reach *guarding;

struct kernel_action { /* include/linux/signal_types.h; both machines have the restorer */
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* A second fault in between is one of our own mistakes: the child ends, the parent goes on. */
static void fault(int signal)
{
	struct tl_reach *r = guarding;

	if (!r || !r->guarded)
		tl_syscall(SYS_exit_group, 128 + signal, 0, 0, 0, 0, 0);
	r->guarded = false;
	longjmp(r->guard, 1);
}

/* Never returned to. */
static void no_return(void)
{
	tl_syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

void tl_reach_guard_init(void)
{
	struct kernel_action action = {.handler = fault,
				       .flags = SA_NODEFER | 0x04000000 /* SA_RESTORER */,
				       .restorer = no_return};
	uint64_t faults = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1);

	tl_syscall(SYS_rt_sigaction, SIGSEGV, (long)&action, 0, sizeof(action.mask), 0, 0);
	tl_syscall(SYS_rt_sigaction, SIGBUS, (long)&action, 0, sizeof(action.mask), 0, 0);
	tl_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&faults, 0, sizeof(faults), 0, 0);
}

void tl_reach_guarded(struct tl_reach *r, void (*work)(struct tl_reach *),
		      void (*recover)(struct tl_reach *))
{
	guarding = r;
	while (_setjmp(r->guard))
		recover(r);
	r->guarded = true;
	work(r);
	r->guarded = false;
}
