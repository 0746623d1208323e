/* SPDX-License-Identifier: MIT */
/* Inherited through exec: a seccomp filter that kills for calls which the program never makes. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

static void kill_for(unsigned one, unsigned two)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 1, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, two, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	MUST(RAW(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1) == 0);
	if (RAW(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		skip("no seccomp filters here");
}

static void periodic(void)
{
	const struct itimerspec often = {{0, 1000000}, {0, 1000000}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(fd >= 0 && timerfd_settime(fd, 0, &often, NULL) == 0);
	poll(NULL, 0, 10);
}

/* The second is deleted where no hook sees it. */
static void silent(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t left, deleted;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &left) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &deleted) == 0);
	MUST(RAW(SYS_timer_delete, deleted) == 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {CASE(periodic), CASE(silent)};

	if (argc == 2) {
		kill_for(SYS_timerfd_gettime, SYS_timer_gettime);
		execl(argv[0], argv[0], argv[1], "inside", (char *)NULL);
		return 99;
	}
	return RUN_CASE(cases, argc, argv);
}
