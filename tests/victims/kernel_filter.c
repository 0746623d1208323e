/* SPDX-License-Identifier: MIT */
/* Inherited through exec: a seccomp filter that kills for calls which the program never makes, or
 * refuses them. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

static void answer_to(unsigned one, unsigned two, unsigned answer)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 1, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, two, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, answer),
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

static void no_links(void)
{
	MUST(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) >= 0);
}

struct pair {
	timer_t timers[2];
	char room[600];
};

/* It is looked whether they were copied. */
static void copied(void)
{
	static struct pair *volatile kept;
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	struct pair *volatile old = calloc(1, sizeof(*old)), *copy = malloc(sizeof(*copy));

	MUST(old && copy);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &old->timers[0]) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &old->timers[1]) == 0);
	memcpy(copy, old, sizeof(*copy));
	free(old);
	kept = copy;
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {CASE(periodic), CASE(silent), CASE(no_links),
						 CASE(copied)};

	if (argc == 2) {
		if (strcmp(argv[1], "no_links") == 0)
			answer_to(SYS_readlinkat, SYS_readlinkat, SECCOMP_RET_ERRNO | EPERM);
		else if (strcmp(argv[1], "copied") == 0)
			answer_to(SYS_futex, SYS_process_vm_readv, SECCOMP_RET_KILL_PROCESS);
		else
			answer_to(SYS_timerfd_gettime, SYS_timer_gettime, SECCOMP_RET_KILL_PROCESS);
		execl(argv[0], argv[0], argv[1], "inside", (char *)NULL);
		return 99;
	}
	return RUN_CASE(cases, argc, argv);
}
