/* SPDX-License-Identifier: MIT */
#include "report_spawn.h"
#include "report_hold.h"
#include "sys.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define STACK_SIZE ((size_t)64 << 10)
#define SECOND	   UINT64_C(1000000000)

extern char **environ;

struct job {
	struct tl_spawn *spawn;
	char *stack; /* of the intermediate, and of the analyzer until its exec */
	char *child_stack;
	uint64_t mask; /* the host's */
	uint64_t deadline;
	char **environment;
	size_t environment_size;
	int pipe[2];
	int exec_error;
};

/* ---- signals -------------------------------------------------------------------------------- */

/* The kernel's own struct; libc's sigaction refuses 32 and 33, and our host may interpose it. */
struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

static void dispose(int signal, uintptr_t handler)
{
	struct kernel_action action = {.handler = handler};

	tl_syscall(SYS_rt_sigaction, signal, (long)&action, 0, 8, 0, 0);
}

/* Stop signals are ignored: the host could not be stopped along with the analyzer. */
static void default_dispositions(void)
{
	for (int signal = 1; signal <= 64; signal++)
		dispose(signal, (uintptr_t)SIG_DFL);
	dispose(SIGTSTP, (uintptr_t)SIG_IGN);
	dispose(SIGTTIN, (uintptr_t)SIG_IGN);
	dispose(SIGTTOU, (uintptr_t)SIG_IGN);
}

/* ---- the analyzer, until its exec ------------------------------------------------------------ */

static int analyzer(void *arg)
{
	struct job *job = arg;
	const char *const *program = job->spawn->programs;
	int error = ENOENT;

	default_dispositions();
	if (job->pipe[0] == 0)
		tl_syscall(SYS_fcntl, 0, F_SETFD, 0, 0, 0, 0);
	else
		tl_syscall(SYS_dup3, job->pipe[0], 0, 0, 0, 0, 0);
	tl_sys_restore_signals(job->mask);
	for (; *program; program++) {
		long result = tl_syscall(SYS_execve, (long)*program, (long)job->spawn->argv,
					 (long)job->environment, 0, 0, 0);

		if (result != -ENOENT && result != -ENOTDIR)
			error = (int)-result;
	}
	job->exec_error = error; /* memory is shared until an exec succeeds */
	return 127;
}

/* ---- the intermediate ------------------------------------------------------------------------ */

static int milliseconds_left(const struct job *job)
{
	uint64_t now = tl_sys_now(CLOCK_MONOTONIC);

	if (!job->spawn->seconds)
		return -1;
	return now >= job->deadline ? 0 : (int)((job->deadline - now) / 1000000 + 1);
}

/* A page for which a full disk has no room (man 5 tmpfs) cannot even be read: it is a hole. */
static ssize_t feed_some(const struct job *job, const char *at, size_t left)
{
	static const char zeros[4096];
	size_t rest = sizeof(zeros) - ((uintptr_t)at & (sizeof(zeros) - 1));
	ssize_t n = tl_sys_write(job->pipe[1], at, left);

	return n == -EFAULT ? tl_sys_write(job->pipe[1], zeros, rest < left ? rest : left) : n;
}

/* Nonblocking, so that an analyzer that does not read cannot hold us beyond the time limit. */
static void feed(struct job *job)
{
	const char *at = job->spawn->input;
	size_t left = job->spawn->input_size;

	tl_syscall(SYS_fcntl, job->pipe[1], F_SETFL, O_WRONLY | O_NONBLOCK, 0, 0, 0);
	while (left > 0) {
		ssize_t n = feed_some(job, at, left);
		struct pollfd poll = {.fd = job->pipe[1], .events = POLLOUT};
		int wait = milliseconds_left(job);
		struct timespec time = {wait / 1000, wait % 1000 * 1000000L};

		if (n > 0) {
			at += n;
			left -= (size_t)n;
		} else if (n != -EAGAIN || wait == 0) {
			break;
		} else {
			tl_syscall(SYS_ppoll, (long)&poll, 1, wait < 0 ? 0 : (long)&time, 0, 8, 0);
		}
	}
}

static void conclude(struct tl_spawn *spawn, int status)
{
	if (WIFEXITED(status)) {
		spawn->end = TL_SPAWN_EXITED;
		spawn->status = WEXITSTATUS(status);
	} else {
		spawn->end = TL_SPAWN_SIGNALED;
		spawn->status = WTERMSIG(status);
	}
}

/* SIGCHLD is blocked here, so it stays pending even if it came before we wait for it. */
static void await(struct job *job, long pid)
{
	const uint64_t child = (uint64_t)1 << (SIGCHLD - 1);
	long got;
	int status = 0, left;

	for (;;) {
		struct timespec time;

		left = milliseconds_left(job);
		got = tl_syscall(SYS_wait4, pid, (long)&status, __WALL | (left < 0 ? 0 : WNOHANG),
				 0, 0, 0);
		if (got == pid || (got < 0 && got != -EINTR) || left == 0)
			break;
		time = (struct timespec){left / 1000, left % 1000 * 1000000L};
		tl_syscall(SYS_rt_sigtimedwait, (long)&child, 0, (long)&time, 8, 0, 0);
	}
	if (got == pid) {
		conclude(job->spawn, status);
	} else if (left == 0) {
		tl_syscall(SYS_kill, pid, SIGKILL, 0, 0, 0, 0);
		tl_syscall(SYS_wait4, pid, (long)&status, __WALL, 0, 0, 0);
		job->spawn->end = TL_SPAWN_TIMEOUT;
	}
}

/* Numbers are free again afterwards, and nothing of the host stays open for longer because of us.
 * Its record locks are its own: they belong to its table, not to this copy. */
static void take_descriptors(int out)
{
	if (out < 0) {
		tl_sys_close(1);
		tl_sys_close(2);
		out = tl_sys_open("/dev/null", O_WRONLY, 0);
	}
	for (int fd = 1; fd <= 2; fd++)
		if (fd != out)
			tl_syscall(SYS_dup3, out, fd, 0, 0, 0, 0);
	if (out == 1 || out == 2)
		tl_syscall(SYS_fcntl, out, F_SETFD, 0, 0, 0, 0);
#ifdef SYS_close_range
	if (tl_syscall(SYS_close_range, 3, ~0u, 0, 0, 0, 0) == 0)
		return;
#endif
	for (int fd = 3; fd < 1024; fd++)
		tl_sys_close(fd);
}

static long start(struct job *job)
{
	int saved = errno, pid;

	pid = clone(analyzer, job->child_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, job);
	if (pid < 0)
		job->exec_error = errno;
	errno = saved;
	return pid;
}

static int intermediate(void *arg)
{
	struct job *job = arg;
	struct tl_spawn *spawn = job->spawn;
	struct tl_hold hold = {-1, -1};
	long pid;

	dispose(SIGCHLD, (uintptr_t)SIG_DFL);
	take_descriptors(spawn->out);
	if (spawn->hold)
		tl_hold_begin(&hold);
	job->environment = tl_report_environment(environ, &job->environment_size);
	pid = tl_syscall(SYS_pipe2, (long)job->pipe, O_CLOEXEC, 0, 0, 0, 0);
	if (!job->environment || pid < 0) {
		spawn->error = job->environment ? (int)-pid : ENOMEM;
		return 127;
	}
	pid = start(job);
	tl_sys_close(job->pipe[0]);
	spawn->error = job->exec_error;
	if (pid > 0 && !job->exec_error) {
		spawn->end = TL_SPAWN_UNKNOWN;
		feed(job);
	}
	tl_sys_close(job->pipe[1]);
	if (pid > 0)
		await(job, pid);
	if (job->exec_error)
		spawn->end = TL_SPAWN_FAILED;
	tl_hold_end(&hold, spawn->silent_if);
	return spawn->end == TL_SPAWN_EXITED ? spawn->status : 127;
}

/* ---- the host -------------------------------------------------------------------------------- */

/* Without a signal at its end: the host's SIGCHLD is about its own children. qemu-user knows no
 * such clone, and another is better there than no report: what it sends is taken back, unless
 * something else has. */
static int clone_intermediate(struct job *job, int *status)
{
	const uint64_t child = (uint64_t)1 << (SIGCHLD - 1);
	char *stack = job->child_stack - STACK_SIZE;
	struct timespec now = {0, 0};
	int pid = clone(intermediate, stack, CLONE_VM | CLONE_VFORK, job);
	bool emulated = pid < 0 && errno == EINVAL;
	bool before = emulated && tl_sys_pending_signals() & child;

	if (emulated)
		pid = clone(intermediate, stack, CLONE_VM | CLONE_VFORK | SIGCHLD, job);
	if (pid < 0)
		return -errno;
	tl_syscall(SYS_wait4, pid, (long)status, __WALL, 0, 0, 0);
	if (emulated && !before)
		tl_syscall(SYS_rt_sigtimedwait, (long)&child, 0, (long)&now, 8, 0, 0);
	return pid;
}

static void clone_and_wait(struct job *job)
{
	int saved = errno, status = 0, pid;

	tl_sys_block_signals(&job->mask);
	pid = clone_intermediate(job, &status);
	if (pid < 0)
		job->spawn->error = -pid;
	/* Emulators (valgrind) turn this clone into a fork: then only the status comes back. */
	if (pid > 0 && job->spawn->end == TL_SPAWN_FAILED && !job->spawn->error &&
	    WIFEXITED(status) && WEXITSTATUS(status) != 127)
		conclude(job->spawn, status);
	tl_sys_restore_signals(job->mask);
	errno = saved;
}

void tl_report_spawn(struct tl_spawn *spawn)
{
	struct job job = {.spawn = spawn, .exec_error = 0};

	spawn->end = TL_SPAWN_FAILED;
	spawn->error = ENOMEM;
	job.stack = tl_sys_mmap(2 * STACK_SIZE);
	if (!job.stack)
		return;
	job.child_stack = job.stack + 2 * STACK_SIZE;
	job.deadline = tl_sys_now(CLOCK_MONOTONIC) + spawn->seconds * SECOND;
	spawn->error = 0;
	clone_and_wait(&job);
	if (job.environment)
		tl_sys_munmap(job.environment, job.environment_size);
	tl_sys_munmap(job.stack, 2 * STACK_SIZE);
}
