/* SPDX-License-Identifier: MIT */
#include "launch_signals.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int taken[] = {SIGCHLD, SIGINT,  SIGQUIT, SIGTERM,	 SIGHUP,
			    SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH, SIGTSTP};
static const int forwarded[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH, SIGTSTP};

void launch_signals_hold(struct launch_signals *signals)
{
	struct sigaction fallback = {.sa_handler = SIG_DFL};
	size_t i;

	sigemptyset(&signals->taken);
	for (i = 0; i < ARRAY_LEN(taken); i++)
		sigaddset(&signals->taken, taken[i]);
	sigprocmask(SIG_BLOCK, &signals->taken, &signals->old_mask);
	/* Where it is ignored, as it may be by inheritance, children cannot be waited for. */
	sigemptyset(&fallback.sa_mask);
	sigaction(SIGCHLD, &fallback, &signals->old_chld);
}

void launch_signals_restore(const struct launch_signals *signals)
{
	sigaction(SIGCHLD, &signals->old_chld, NULL);
	sigprocmask(SIG_SETMASK, &signals->old_mask, NULL);
}

bool launch_signals_wait(const struct launch_signals *signals, int milliseconds, siginfo_t *info)
{
	struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
	int signal;

	/* EINTR: stopped and continued, or a signal that is not among those taken. */
	do
		signal = sigtimedwait(&signals->taken, info, milliseconds < 0 ? NULL : &limit);
	while (signal < 0 && errno == EINTR);
	return signal > 0;
}

static bool is_in(int signal, const int *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i] == signal)
			return true;
	return false;
}

void launch_signals_forward(const siginfo_t *info, pid_t program)
{
	/* The terminal's signals come from the kernel and go to the whole group. What the program
	 * itself sent here went to its group, or was never meant for it. */
	if (info->si_code > 0 || info->si_pid == 0 || info->si_pid == program)
		return;
	if (is_in(info->si_signo, forwarded, ARRAY_LEN(forwarded)))
		kill(program, info->si_signo);
}

bool launch_signals_ends_waiting(const siginfo_t *info)
{
	static const int ending[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

	return is_in(info->si_signo, ending, ARRAY_LEN(ending));
}

/* ---- stopping along ----------------------------------------------------------------------- */

#define WATCH_INTERVAL_US 20000

/* 'T' while it is stopped (proc(5)); the name in parentheses may hold anything. */
static bool is_stopped(pid_t pid)
{
	char path[64], text[512];
	const char *state;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return false;
	text[got] = '\0';
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'T';
}

/*
 * A shell continues the whole group, but whoever stopped the program alone continues it alone, and
 * a stopped launcher cannot notice. So a child of ours, out of the group, looks.
 */
static pid_t start_watcher(pid_t program)
{
	pid_t launcher = getpid(), watcher = fork();

	if (watcher != 0)
		return watcher;
	setpgid(0, 0);
	while (getppid() == launcher && is_stopped(program))
		usleep(WATCH_INTERVAL_US);
	if (getppid() == launcher)
		kill(launcher, SIGCONT);
	_exit(0);
}

static void end_watcher(pid_t watcher)
{
	if (watcher <= 0)
		return;
	kill(watcher, SIGKILL);
	waitpid(watcher, NULL, 0);
}

static void stop_self(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signal); /* returns once there was a CONT */
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void launch_signals_stop(int signal, pid_t program)
{
	const struct timespec now = {0, 0};
	pid_t watcher = start_watcher(program);
	sigset_t set;

	stop_self(signal);
	end_watcher(watcher);
	if (is_stopped(program))
		kill(program, SIGCONT);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigtimedwait(&set, NULL, &now);
}
