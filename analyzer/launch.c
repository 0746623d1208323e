/* SPDX-License-Identifier: MIT */
#include "launch.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- starting ----------------------------------------------------------------------------- */

static void become_program(const struct launch *launch, char **argv, const struct launch_env *env,
			   int report_fd)
{
	int error = ENOMEM;

	if (launch_env_apply(env) == 0) {
		launch_signals_restore(&launch->signals);
		execvp(argv[0], argv);
		error = errno;
	}
	/* Should this write fail there is no one to tell: the launcher has gone. */
	if (write(report_fd, &error, sizeof(error)) < 0)
		_exit(125);
	_exit(126);
}

/* The pipe closes without a word when exec succeeds. */
static int exec_error(int fd)
{
	int error = 0;
	ssize_t got;

	do
		got = read(fd, &error, sizeof(error));
	while (got < 0 && errno == EINTR);
	return got == sizeof(error) ? error : 0;
}

int launch_start(struct launch *launch, char **argv, const struct launch_env *env, bool adopt)
{
	int pipe_fds[2], error;

	*launch = (struct launch){.adopt = adopt};
	launch_signals_hold(&launch->signals);
	if (adopt)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return errno;
	launch->pid = fork();
	error = errno;
	if (launch->pid == 0)
		become_program(launch, argv, env, pipe_fds[1]);
	close(pipe_fds[1]);
	if (launch->pid > 0) {
		error = exec_error(pipe_fds[0]);
		if (error)
			waitpid(launch->pid, NULL, 0);
	}
	close(pipe_fds[0]);
	return error;
}

void launch_finish(struct launch *launch)
{
	launch_signals_restore(&launch->signals);
	free(launch->others);
	launch->others = NULL;
}

/* ---- waiting ------------------------------------------------------------------------------ */

static struct launch_end end_of(const siginfo_t *info)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct launch_end){
	    .pid = info->si_pid,
	    .by_signal = info->si_code != CLD_EXITED,
	    .status = info->si_status,
	    .time = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec,
	};
}

bool launch_reap_others(struct launch *launch)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0)
			return errno != ECHILD;
		if (info.si_pid == 0)
			return true;
		if (info.si_pid == launch->pid)
			launch->end = end_of(&info);
		else if (array_grow(&launch->others, launch->other_count, &launch->other_capacity,
				    sizeof(*launch->others)))
			launch->others[launch->other_count++] = end_of(&info);
	}
}

/* Of the program alone: a shell that became this launcher by exec may have left children. */
static void look(struct launch *launch)
{
	siginfo_t info = {.si_pid = 0};

	while (!launch->end.pid &&
	       waitid(P_PID, (id_t)launch->pid, &info, WEXITED | WSTOPPED | WNOHANG) == 0 &&
	       info.si_pid == launch->pid) {
		if (info.si_code == CLD_STOPPED)
			launch_signals_stop(info.si_status, launch->pid);
		else
			launch->end = end_of(&info);
		info.si_pid = 0;
	}
	if (launch->adopt)
		launch_reap_others(launch);
}

void launch_wait(struct launch *launch)
{
	siginfo_t info;

	for (look(launch); !launch->end.pid; look(launch)) {
		launch_signals_wait(&launch->signals, -1, &info);
		launch_signals_forward(&info, launch->pid);
	}
}

int launch_status(const struct launch_end *end)
{
	return end->by_signal ? 128 + end->status : end->status & 0xff;
}
