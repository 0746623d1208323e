/* SPDX-License-Identifier: MIT */
/*
 * exec, exit and what changes the ground under the shim. fork is seen by atfork handlers (life.c);
 * vfork cannot be interposed in C, since the wrapper's frame is gone when the parent returns.
 */
#include "heap.h"
#include "hooks.h"
#include "life_fork.h"
#include "modules.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "unwind_memory.h"
#include <alloca.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* ---- exec --------------------------------------------------------------------------------- */

static bool exec_begin(void)
{
	bool ours = tl_life_enter() && !tl_life_vfork_child();

	if (ours)
		tl_life_exec_begin();
	return ours;
}

static int exec_failed(bool ours, int result)
{
	int error = errno;

	if (ours)
		tl_life_exec_failed();
	errno = error;
	return result;
}

TL_EXPORT int execve(const char *path, char *const *argv, char *const *envp)
{
	bool ours;

	if (TL_ABSENT(execve))
		return tl_hook_absent();
	ours = exec_begin();
	return exec_failed(ours, tl_real_execve(path, argv, envp));
}

TL_EXPORT int execv(const char *path, char *const *argv)
{
	bool ours;

	if (TL_ABSENT(execv))
		return tl_hook_absent();
	ours = exec_begin();
	return exec_failed(ours, tl_real_execv(path, argv));
}

TL_EXPORT int execvp(const char *file, char *const *argv)
{
	bool ours;

	if (TL_ABSENT(execvp))
		return tl_hook_absent();
	ours = exec_begin();
	return exec_failed(ours, tl_real_execvp(file, argv));
}

TL_EXPORT int execvpe(const char *file, char *const *argv, char *const *envp)
{
	bool ours;

	if (TL_ABSENT(execvpe))
		return tl_hook_absent();
	ours = exec_begin();
	return exec_failed(ours, tl_real_execvpe(file, argv, envp));
}

TL_EXPORT int fexecve(int fd, char *const *argv, char *const *envp)
{
	bool ours;

	if (TL_ABSENT(fexecve))
		return tl_hook_absent();
	ours = exec_begin();
	return exec_failed(ours, tl_real_fexecve(fd, argv, envp));
}

TL_EXPORT int execveat(int dir, const char *path, char *const *argv, char *const *envp, int flags)
{
	bool ours;

	if (TL_ABSENT(execveat))
		return tl_hook_absent();
	ours = exec_begin();
	return exec_failed(ours, tl_real_execveat(dir, path, argv, envp, flags));
}

/* The list of execl and its kin as an array on the caller's stack; args stands behind the NULL. */
static size_t count_list(va_list *args)
{
	size_t n = 1;
	va_list copy;

	va_copy(copy, *args);
	while (va_arg(copy, char *))
		n++;
	va_end(copy);
	return n;
}

static void fill_list(char **argv, const char *first, va_list *args)
{
	*argv++ = (char *)first;
	while (first && (*argv++ = va_arg(*args, char *)))
		;
}

#define EXEC_LIST(call)                                                     \
	char **argv;                                                        \
	va_list args;                                                       \
	int result;                                                         \
                                                                            \
	va_start(args, first);                                              \
	argv = alloca((first ? count_list(&args) + 1 : 1) * sizeof(*argv)); \
	fill_list(argv, first, &args);                                      \
	result = call;                                                      \
	va_end(args);                                                       \
	return result

TL_EXPORT int execl(const char *path, const char *first, ...)
{
	EXEC_LIST(execv(path, argv));
}

TL_EXPORT int execlp(const char *file, const char *first, ...)
{
	EXEC_LIST(execvp(file, argv));
}

TL_EXPORT int execle(const char *path, const char *first, ...)
{
	EXEC_LIST(execve(path, argv, va_arg(args, char *const *)));
}

/* ---- exit --------------------------------------------------------------------------------- */

static int ended(enum tl_end_state how, int status)
{
	return tl_life_enter() && !tl_life_vfork_child() ? tl_life_end(how, status) : status;
}

TL_EXPORT void _exit(int status)
{
	status = ended(TL_END__EXIT, status);
	if (!TL_ABSENT(_exit))
		tl_real__exit(status);
	__builtin_trap(); /* there is no libc without it */
}

TL_EXPORT void _Exit(int status)
{
	_exit(status);
}

/* Its handlers run first, ours as the last of them; only there is the end. */
TL_EXPORT void quick_exit(int status)
{
	if (tl_life_enter())
		tl_life_quick_status(status);
	if (!TL_ABSENT(quick_exit))
		tl_real_quick_exit(status);
	__builtin_trap();
}

/* ---- fork --------------------------------------------------------------------------------- */

/* What pthread_atfork calls: our handlers go in front. Fails by returning the error. */
TL_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
				void *object)
{
	if (TL_ABSENT(__register_atfork))
		return ENOSYS;
	tl_fork_register();
	return tl_real___register_atfork(prepare, parent, child, object);
}

/* The parent ends inside, by a call that no hook sees; its fork handler knows. */
TL_EXPORT int daemon(int no_chdir, int no_close)
{
	int result;

	if (TL_ABSENT(daemon))
		return tl_hook_absent();
	tl_fork_daemonizing = true;
	result = tl_real_daemon(no_chdir, no_close);
	tl_fork_daemonizing = false;
	return result;
}

/* ---- changes of ground -------------------------------------------------------------------- */

TL_EXPORT int prctl(int option, ...)
{
	unsigned long a, b, c, d;
	int result;
	va_list args;
	bool sandbox;

	va_start(args, option);
	a = va_arg(args, unsigned long);
	b = va_arg(args, unsigned long);
	c = va_arg(args, unsigned long);
	d = va_arg(args, unsigned long);
	va_end(args);
	if (TL_ABSENT(prctl))
		return tl_hook_absent();
	/* Without a filter it is a question whether filters are known. Once quiet, always quiet. */
	sandbox = option == PR_SET_SECCOMP && !(a == SECCOMP_MODE_FILTER && !b) &&
		  tl_life_enter() && !tl_life_quiet() && !tl_life_vfork_child();
	if (sandbox)
		tl_life_go_quiet(true);
	result = tl_real_prctl(option, a, b, c, d);
	if (sandbox && result)
		tl_life_go_quiet(false);
	return result;
}

TL_EXPORT int unshare(int flags)
{
	int result;

	if (TL_ABSENT(unshare))
		return tl_hook_absent();
	result = tl_real_unshare(flags);
	if (!result && flags & CLONE_FILES)
		tl_life_note_unshare();
	return result;
}

static void shrink_trace(bool stay_small)
{
	struct tl_section section = tl_section_enter();

	tl_sink_shrink(stay_small);
	tl_section_leave(&section);
}

static void unlock(bool future)
{
	if (future)
		tl_sys_future_locked();
	tl_heap_unlock(future);
	tl_walk_unlock();
}

/* It fills every mapping with memory, holes in a file too. */
TL_EXPORT int mlockall(int flags)
{
	bool ours;
	int result;

	if (TL_ABSENT(mlockall))
		return tl_hook_absent();
	ours = !(flags & MCL_ONFAULT) && tl_life_enter() && !tl_life_quiet();
	if (ours) {
		shrink_trace(false);
		tl_modules_shrink(false);
	}
	result = tl_real_mlockall(flags);
	if (ours && !result && flags & MCL_FUTURE) {
		shrink_trace(true);
		tl_modules_shrink(true);
	}
	if (ours && !result)
		unlock(flags & MCL_FUTURE);
	return result;
}
