/* SPDX-License-Identifier: MIT */
/*
 * Reading memory that may fault, in the child alone: handlers there are nobody else's. The kernel
 * ends a process whose fault is blocked (kernel/signal.c, force_sig), so the two are unblocked.
 */
#include "reach_state.h"
#include <signal.h>
#include <sys/syscall.h>

#define PAGE ((uintptr_t)4096)

static struct tl_reach *guarding;

struct kernel_action { /* include/linux/signal_types.h; both machines have the restorer */
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* A second fault in between is one of our own mistakes: the child ends, the parent goes on. */
static void fault(int signal, siginfo_t *info, void *context)
{
	struct tl_reach *r = guarding;

	(void)context;
	if (r && r->guarded) {
		r->guarded = false;
		r->fault = signal == SIGSEGV ? (uintptr_t)info->si_addr & ~(PAGE - 1) : 0;
		longjmp(r->guard, 1);
	}
	tl_syscall(SYS_exit_group, 128 + signal, 0, 0, 0, 0, 0);
}

/* Never returned to. */
static void no_return(void)
{
	tl_syscall(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

void tl_reach_guard_init(void)
{
	struct kernel_action action = {.handler = fault,
				       .flags =
					   SA_SIGINFO | SA_NODEFER | 0x04000000 /* SA_RESTORER */,
				       .restorer = no_return};
	uint64_t faults = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1);

	tl_syscall(SYS_rt_sigaction, SIGSEGV, (long)&action, 0, sizeof(action.mask), 0, 0);
	tl_syscall(SYS_rt_sigaction, SIGBUS, (long)&action, 0, sizeof(action.mask), 0, 0);
	tl_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&faults, 0, sizeof(faults), 0, 0);
}

/* Once for each page: it may still be out of reach (man 7 pkeys). */
static bool bring_in(struct tl_reach *r)
{
	uintptr_t page = r->fault;

	if (!page || page == r->brought)
		return false;
	r->brought = page;
	return tl_reach_bring_in(r, page);
}

void tl_reach_guarded(struct tl_reach *r, void (*work)(struct tl_reach *),
		      void (*recover)(struct tl_reach *))
{
	guarding = r;
	while (_setjmp(r->guard))
		if (!bring_in(r))
			recover(r);
	r->guarded = true;
	work(r);
	r->guarded = false;
}
