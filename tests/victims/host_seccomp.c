/* SPDX-License-Identifier: MIT */
/*
 * A program that shuts itself in: after start the kernel kills it for any call but the few it makes
 * itself. It makes one timer before and one after.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define ALLOW(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static NOINLINE void make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
}

int main(void)
{
	static struct sock_filter rules[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    ALLOW(SYS_write),
	    ALLOW(SYS_timer_create),
	    ALLOW(SYS_exit_group),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {sizeof(rules) / sizeof(*rules), rules};

	make();
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		skip("no seccomp filter may be set");
	make();
	return write(1, "shut in\n", 8) == 8 ? 0 : 1;
}
