/* SPDX-License-Identifier: MIT */
/*
 * Waiting for children: only the one who reaps learns of a death by signal, and the child's trace
 * cannot say it. libc's own waits, in system and pclose, are not seen.
 */
#include "hooks.h"
#include <sys/wait.h>

static void tell(pid_t pid, int signo)
{
	int error = errno;

	if (tl_life_enter() && !tl_life_vfork_child())
		tl_life_child_killed(pid, signo);
	errno = error;
}

static pid_t reaped(pid_t pid, int status)
{
	if (tl_unlikely(pid > 0 && WIFSIGNALED(status)))
		tell(pid, WTERMSIG(status));
	return pid;
}

TL_EXPORT pid_t wait(int *status)
{
	int own = 0, *to = status ? status : &own;
	pid_t pid;

	if (TL_ABSENT(wait))
		return tl_hook_absent();
	pid = tl_real_wait(to);
	return pid > 0 ? reaped(pid, *to) : pid;
}

TL_EXPORT pid_t waitpid(pid_t which, int *status, int options)
{
	int own = 0, *to = status ? status : &own;
	pid_t pid;

	if (TL_ABSENT(waitpid))
		return tl_hook_absent();
	pid = tl_real_waitpid(which, to, options);
	return pid > 0 ? reaped(pid, *to) : pid;
}

TL_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own = 0, *to = status ? status : &own;
	pid_t pid;

	if (TL_ABSENT(wait3))
		return tl_hook_absent();
	pid = tl_real_wait3(to, options, usage);
	return pid > 0 ? reaped(pid, *to) : pid;
}

TL_EXPORT pid_t wait4(pid_t which, int *status, int options, struct rusage *usage)
{
	int own = 0, *to = status ? status : &own;
	pid_t pid;

	if (TL_ABSENT(wait4))
		return tl_hook_absent();
	pid = tl_real_wait4(which, to, options, usage);
	return pid > 0 ? reaped(pid, *to) : pid;
}

TL_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int result;

	if (TL_ABSENT(waitid))
		return tl_hook_absent();
	result = tl_real_waitid(type, id, info, options);
	/* Linux takes NULL, and says nothing then. */
	if (tl_unlikely(!result && info && options & WEXITED && !(options & WNOWAIT) &&
			info->si_pid > 0 &&
			(info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)))
		tell(info->si_pid, info->si_status);
	return result;
}
