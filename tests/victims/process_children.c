/* SPDX-License-Identifier: MIT */
/*
 * Processes that begin others: by fork, vfork, exec, posix_spawn, system and popen.
 */
#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pthread.h>

#include "cases.h"

extern char **environ;
static timer_t global;

static NOINLINE void leave_posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
}

static int leave_timerfd(int flags)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	int fd = timerfd_create(CLOCK_MONOTONIC, flags); /* MAKE_FD */

	MUST(fd >= 0 && timerfd_settime(fd, 0, &minute, NULL) == 0);
	return fd;
}

static void wait_ok(void)
{
	int status;

	MUST(wait(&status) > 0 && status == 0);
}

static void fork_posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &global) == 0);
	if (fork() == 0)
		exit(0);
	wait_ok();
}

static void fork_timerfd(void)
{
	int fd = leave_timerfd(TFD_CLOEXEC);

	if (fork() == 0)
		exit(0);
	wait_ok();
	close(fd);
}

/* The child closes its copy; the parent's is still the parent's. */
static void fork_child_closes(void)
{
	int fd = leave_timerfd(TFD_CLOEXEC);

	if (fork() == 0) {
		close(fd);
		exit(0);
	}
	wait_ok();
}

static void fork_children_leak(void)
{
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			leave_posix();
			exit(0);
		}
	for (int i = 0; i < 3; i++)
		wait_ok();
}

static void exec_self(const char *name)
{
	execl("/proc/self/exe", "process_children", name, NULL);
	_exit(99);
}

static void quiet(void)
{
}

static void exec_inherits(void)
{
	leave_timerfd(0);
	leave_posix();
	exec_self("quiet");
}

static void exec_cloexec(void)
{
	leave_timerfd(TFD_CLOEXEC);
	exec_self("quiet");
}

static void exec_fails(void)
{
	leave_timerfd(0);
	leave_posix();
	MUST(execl("/nonexistent", "x", NULL) < 0);
}

static void by_vfork(void)
{
	if (vfork() == 0) {
		execl("/proc/self/exe", "process_children", "leave_posix", NULL);
		_exit(99);
	}
	wait_ok();
}

static void by_vfork_exit(void)
{
	leave_posix();
	if (vfork() == 0)
		_exit(0);
	wait_ok();
}

static int close_it(void *fd)
{
	close(*(int *)fd);
	return 0;
}

/* Each closes its own copy of the descriptor, but in the parent's memory: three timers are left. */
static void children_that_share_close(void)
{
	static _Alignas(16) char stack[65536];
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = leave_timerfd(TFD_CLOEXEC);
	if (vfork() == 0) {
		close(fds[0]);
		_exit(0);
	}
	wait_ok();
#ifdef SYS_vfork
	if (syscall(SYS_vfork) == 0) {
#else
	if (vfork() == 0) {
#endif
		close(fds[1]);
		_exit(0);
	}
	wait_ok();
	MUST(clone(close_it, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &fds[2]) > 0);
	wait_ok();
}

/* No handler of pthread_atfork runs in these two. */
static void by__Fork(void)
{
	if (_Fork() == 0) {
		leave_posix();
		exit(0);
	}
	wait_ok();
}

static void by_raw_fork(void)
{
	if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
		leave_posix();
		exit(0);
	}
	wait_ok();
}

static void by_spawn(void)
{
	char *argv[] = {"process_children", "leave_posix", NULL};
	pid_t child;

	MUST(posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ) == 0);
	wait_ok();
}

/* In a shell /proc/self is the shell. */
static char *command(void)
{
	static char line[4200];
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	MUST(n > 0);
	path[n] = 0;
	snprintf(line, sizeof(line), "'%s' leave_posix", path);
	return line;
}

static void by_system(void)
{
	MUST(system(command()) == 0);
}

static void by_popen(void)
{
	FILE *f = popen(command(), "r");

	MUST(f && pclose(f) == 0);
}

static void all_ways(void)
{
	by_vfork();
	by_spawn();
	by_system();
	by_popen();
	leave_posix();
}

/* The child outlives the program by half a second. */
static void daemon_child(void)
{
	if (fork() == 0) {
		usleep(500000);
		leave_posix();
		exit(0);
	}
}

/* CHILDREN of them, some alive at once; each leaves one timer. */
static void many_children(void)
{
	const char *text = getenv("CHILDREN");
	int alive = 0, number = text ? atoi(text) : 1000;

	for (int i = 0; i < number; i++, alive++) {
		for (; alive >= 20; alive--)
			wait_ok();
		if (fork())
			continue;
		leave_posix();
		if (i % 2)
			exit(0);
		_exit(0);
	}
	for (; alive > 0; alive--)
		wait_ok();
}

static pid_t dies_by(int signo)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	leave_posix();
	raise(signo);
	_exit(99);
}

/* Reaped by each of the calls that can. */
static void killed_children(void)
{
	struct rlimit none = {0, 0};
	siginfo_t info;
	int status;
	pid_t pid;

	setrlimit(RLIMIT_CORE, &none);
	MUST(dies_by(SIGHUP) == wait(&status) && WTERMSIG(status) == SIGHUP);
	pid = dies_by(SIGQUIT);
	MUST(waitpid(pid, NULL, 0) == pid);
	MUST(dies_by(SIGALRM) == wait3(&status, 0, NULL) && WTERMSIG(status) == SIGALRM);
	pid = dies_by(SIGUSR1);
	MUST(wait4(pid, &status, 0, NULL) == pid && WTERMSIG(status) == SIGUSR1);
	pid = dies_by(SIGUSR2);
	MUST(waitid(P_PID, (id_t)pid, &info, WEXITED) == 0 && info.si_status == SIGUSR2);
	MUST(wait(NULL) < 0 && errno == ECHILD);
}

/* daemon() ends the parent inside libc. The child has the timerfd, and not the POSIX timer. */
static void by_daemon(void)
{
	int fd = leave_timerfd(TFD_CLOEXEC);

	leave_posix();
	MUST(daemon(1, 1) == 0);
	leave_posix();
	usleep(300000);
	close(fd);
}

/* Twice, as a daemon does by hand that shall get no terminal. */
static void by_double_fork(void)
{
	int fd = leave_timerfd(TFD_CLOEXEC);

	if (fork())
		_exit(0);
	setsid();
	if (fork())
		_exit(0);
	usleep(300000);
	leave_posix();
	close(fd);
}

/* A handler of the program's own forks before daemon() is back in the child. */
static void fork_once(void)
{
	static int done;
	pid_t pid;

	if (done++)
		return;
	pid = fork();
	if (pid == 0)
		_exit(0);
	MUST(waitpid(pid, NULL, 0) == pid);
}

static void daemon_forks(void)
{
	MUST(pthread_atfork(NULL, NULL, fork_once) == 0);
	MUST(daemon(1, 1) == 0);
	leave_posix();
}

static void daemon_fails(void)
{
	struct rlimit none = {0, 0};

	leave_posix();
	MUST(setrlimit(RLIMIT_NPROC, &none) == 0);
	MUST(getuid() || setuid(65534) == 0);
	MUST(daemon(1, 1) < 0 && errno == EAGAIN);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(leave_posix),
	    CASE(fork_posix),
	    CASE(fork_timerfd),
	    CASE(quiet),
	    CASE(fork_child_closes),
	    CASE(fork_children_leak),
	    CASE(exec_inherits),
	    CASE(exec_cloexec),
	    CASE(exec_fails),
	    CASE(by_vfork),
	    CASE(by__Fork),
	    CASE(by_raw_fork),
	    CASE(by_vfork_exit),
	    CASE(by_spawn),
	    CASE(by_system),
	    CASE(by_popen),
	    CASE(all_ways),
	    CASE(daemon_child),
	    CASE(many_children),
	    CASE(killed_children),
	    CASE(by_daemon),
	    CASE(by_double_fork),
	    CASE(children_that_share_close),
	    CASE(daemon_fails),
	    CASE(daemon_forks),
	};

	return RUN_CASE(cases, argc, argv);
}
