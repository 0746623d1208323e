/* SPDX-License-Identifier: MIT */
/* Programs that ask about seccomp, or shut themselves in with it, and make timers afterwards. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define MANY 5000
#define LOAD BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ALLOW(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What the shim does under every lock and no host minds. */
static struct sock_filter no_masking[] = {
    LOAD,
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
static struct sock_fprog no_masking_program = {4, no_masking};

static void make(void)
{
	MUST(timerfd_create(CLOCK_MONOTONIC, 0) >= 0);
}

static void no_new_privileges(void)
{
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

/* libseccomp asks in both ways; neither makes a sandbox. */
static void asks(void)
{
	unsigned action = SECCOMP_RET_ERRNO;

	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0);
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, NULL) < 0);
	syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
	make();
}

/* A second filter that is refused leaves the first. */
static void refused_later(void)
{
	struct sock_fprog empty = {0, no_masking};

	no_new_privileges();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &no_masking_program) < 0)
		skip("no seccomp filter may be set");
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &empty) < 0);
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &empty) < 0);
	make();
}

/* Success that is not 0: the descriptor of a listener. */
static void listener(void)
{
	no_new_privileges();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    &no_masking_program) < 0)
		skip("no listener may be set");
	make();
}

/* So many that every table has to grow, where no memory may be asked for. */
static void many(void)
{
	static struct sock_filter rules[] = {
	    LOAD,
	    ALLOW(SYS_timer_create),
	    ALLOW(SYS_timer_delete),
	    ALLOW(SYS_close_range),
	    ALLOW(SYS_exit_group),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(rules) / sizeof(*rules), rules};
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	static timer_t t[MANY];

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t[0]) == 0);
	for (int i = 0; i < 40; i++)
		make();
	no_new_privileges();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		skip("no seccomp filter may be set");
	for (int i = 1; i < MANY; i++)
		timer_create(CLOCK_MONOTONIC, &ev, &t[i]);
	for (int i = 0; i < MANY; i++)
		timer_delete(t[i]);
	close_range(3, ~0u, 0);
}

/* Memory may be locked, and nothing is said about giving it free. */
static void locks(void)
{
	static struct sock_filter rules[] = {
	    LOAD,
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_munlock, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(rules) / sizeof(*rules), rules};

	make();
	no_new_privileges();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		skip("no seccomp filter may be set");
	if (mlockall(MCL_CURRENT))
		skip("memory cannot be locked here");
}

/* The filter is the child's alone, who shares this memory. */
static void in_vfork_child(void)
{
	int status;
	pid_t pid;

	make();
	pid = vfork();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &no_masking_program);
		_exit(0);
	}
	MUST(pid > 0 && waitpid(pid, &status, 0) == pid);
}

/* A filter that came with the exec, as service managers set one: what it does not know kills. */
static void inherited_filter(void)
{
	static struct sock_filter rules[] = {
	    LOAD,
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 4, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timerfd_gettime, 2, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timer_gettime, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(rules) / sizeof(*rules), rules};
	const struct itimerspec soon = {.it_value.tv_nsec = 1, .it_interval.tv_nsec = 1000000};
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;
	int fd;

	if (!getenv("FILTERED")) {
		make();
		make();
		no_new_privileges();
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			skip("no seccomp filter may be set");
		setenv("FILTERED", "1", 1);
		execl("/proc/self/exe", "host_sandbox", "inherited_filter", NULL);
	}
	MUST((fd = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0);
	MUST(timerfd_settime(fd, 0, &soon, NULL) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &soon, NULL) == 0);
}

int main(int argc, char **argv)
{
	const struct test_case all[] = {CASE(asks), CASE(refused_later),  CASE(listener),
					CASE(many), CASE(in_vfork_child), CASE(inherited_filter),
					CASE(locks)};

	return RUN_CASE(all, argc, argv);
}
