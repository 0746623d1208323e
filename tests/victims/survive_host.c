/* SPDX-License-Identifier: MIT */
/*
 * The same six timers in every host, two of them stopped: three are made before it changes the
 * ground under itself, three after. Whatever it does, that is what has to be counted.
 */
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static timer_t make_posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	return t;
}

static int make_timerfd(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(t >= 0 && timerfd_settime(t, 0, &minute, NULL) == 0);
	return t;
}

static NOINLINE void three(void)
{
	make_posix();
	make_timerfd();
	timer_delete(make_posix());
}

static NOINLINE void three_more(void)
{
	make_posix();
	close(make_timerfd());
	make_timerfd();
}

static void done(void)
{
	if (write(1, "six made, two stopped\n", 22) != 22)
		_exit(98);
}

/* A case of that name. */
#define AROUND(name, change)   \
	static void name(void) \
	{                      \
		three();       \
		change();      \
		three_more();  \
		done();        \
	}

static void nothing(void)
{
}
AROUND(plain, nothing)

/* ---- privileges and jails ------------------------------------------------------------------ */

static void drop(void)
{
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		skip("needs root");
}
AROUND(privileges_dropped, drop)

static void leave_namespaces(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC))
		skip("namespaces may not be unshared");
}
AROUND(namespaces_unshared, leave_namespaces)

static void own_descriptors(void)
{
	MUST(unshare(CLONE_FILES) == 0);
}
AROUND(files_unshared, own_descriptors)

static void new_root(void)
{
	if (chroot("/proc/self/fdinfo") || chdir("/"))
		skip("chroot is not permitted");
}
AROUND(chrooted, new_root)

#define ALLOW(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void filter_all_else(void)
{
	static struct sock_filter rules[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    ALLOW(SYS_timer_create),
	    ALLOW(SYS_timerfd_create),
	    ALLOW(SYS_timerfd_settime),
	    ALLOW(SYS_close),
	    ALLOW(SYS_write),
	    ALLOW(SYS_exit_group),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {sizeof(rules) / sizeof(*rules), rules};

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		skip("no seccomp filter may be set");
}
AROUND(seccomp_filter, filter_all_else)

/* Four calls are left: read, write, exit and sigreturn; memory that is there may be used. */
static void seccomp_strict(void)
{
	static char *blocks[64];

	three();
	three_more();
	for (int i = 0; i < 64; i++)
		blocks[i] = malloc(100);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		skip("no strict seccomp here");
	for (int i = 0; i < 64; i++)
		free(blocks[i]);
	for (int i = 0; i < 64; i++)
		blocks[i] = malloc(100);
	done();
	syscall(SYS_exit, 0);
}

/* ---- the process's own things -------------------------------------------------------------- */

static void clear_environment(void)
{
	MUST(clearenv() == 0);
}
AROUND(environment_cleared, clear_environment)

/* From here on there is no descriptor for anybody. */
static void descriptors_used_up(void)
{
	three();
	three_more();
	done();
	while (dup(0) >= 0)
		;
}

/* What its disk had left is gone. */
static void fill_disk(void)
{
	static const char block[4096] = "full";
	const char *dir = getenv("TMPDIR");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/filler", dir ? dir : ".");
	MUST((f = fopen(path, "w")) != NULL);
	while (fwrite(block, 1, sizeof(block), f) == sizeof(block) && !fflush(f))
		;
	fclose(f);
}
AROUND(disk_filled, fill_disk)

static void delete_directory(void)
{
	char path[4096];

	MUST(mkdir("gone", 0700) == 0 && chdir("gone") == 0);
	MUST(getcwd(path, sizeof(path)) && rmdir(path) == 0);
}
AROUND(directory_deleted, delete_directory)

static void limit_memory(rlim_t most)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_AS, &limit) == 0);
	limit.rlim_cur = most;
	MUST(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void no_memory(void)
{
	limit_memory(0);
	three();
	three_more();
	done();
}

static void no_memory_at_first(void)
{
	limit_memory(0);
	three();
	limit_memory(RLIM_INFINITY);
	three_more();
	done();
}

/* Both halves in a child that was given no environment. */
static void child_without_environment(void)
{
	char *argv[] = {(char *)"/proc/self/exe", (char *)"plain", NULL}, *none[] = {NULL};
	int status;
	pid_t pid;

	three();
	pid = fork();
	MUST(pid >= 0);
	if (!pid)
		_exit(execve(argv[0], argv, none) ? 97 : 0);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	three_more();
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(plain),
	    CASE(privileges_dropped),
	    CASE(namespaces_unshared),
	    CASE(files_unshared),
	    CASE(chrooted),
	    CASE(seccomp_filter),
	    CASE(seccomp_strict),
	    CASE(environment_cleared),
	    CASE(descriptors_used_up),
	    CASE(directory_deleted),
	    CASE(child_without_environment),
	    CASE(disk_filled),
	    CASE(no_memory),
	    CASE(no_memory_at_first),
	};

	return RUN_CASE(cases, argc, argv);
}
