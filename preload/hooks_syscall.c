/* SPDX-License-Identifier: MIT */
/*
 * syscall(): the same calls by number.
 *
 * The entry is an assembly stub that looks the number up in a table and jumps, either to libc's
 * syscall or to the function below: for all other numbers nothing is on the stack between the
 * program and libc, as SYS_vfork and SYS_clone need it.
 */
#include "fdmap.h"
#include "hooks.h"
#include "life_fork.h"
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#define NUMBERS 512

/* Read by the stub; a byte a number. 1: the function below. 2: its child may share our memory
 * (hooks_vfork.c). */
__attribute__((used)) const uint8_t tl_syscall_watched[NUMBERS] = {
    [SYS_timer_create] = 1,
    [SYS_timer_settime] = 1,
    [SYS_timer_gettime] = 1,
    [SYS_timer_getoverrun] = 1,
    [SYS_timer_delete] = 1,
    [SYS_timerfd_create] = 1,
    [SYS_timerfd_settime] = 1,
    [SYS_timerfd_gettime] = 1,
    [SYS_read] = 1,
    [SYS_readv] = 1,
    [SYS_preadv2] = 1,
    [SYS_close] = 1,
    [SYS_close_range] = 1,
    [SYS_dup] = 1,
    [SYS_dup3] = 1,
    [SYS_fcntl] = 1,
    [SYS_epoll_ctl] = 1,
    [SYS_sendmsg] = 1,
    [SYS_sendmmsg] = 1,
    [SYS_execve] = 1,
    [SYS_execveat] = 1,
    [SYS_exit_group] = 1,
    [SYS_seccomp] = 1,
    [SYS_prctl] = 1,
    [SYS_unshare] = 1,
#ifdef SYS_dup2
    [SYS_dup2] = 1,
#endif
#ifdef SYS_vfork
    [SYS_vfork] = 2,
#endif
    [SYS_clone] = 2,
    [SYS_clone3] = 2,
};

#define NAME_IN_ASM "tl_syscall_watched"
#if defined(__x86_64__)
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	endbr64\n"
	"	cmp $511, %rdi\n"
	"	ja 1f\n"
	"	lea " NAME_IN_ASM "(%rip), %rax\n"
	"	movzbl (%rax,%rdi), %eax\n"
	"	cmp $1, %eax\n"
	"	je tl_hook_syscall\n"
	"	jb 1f\n"
	"	movl $1, tl_fork_shares(%rip)\n"
	"	lea tl_not_alone(%rip), %rax\n"
	"	mov %rax, tl_one_thread(%rip)\n"
	"1:	mov tl_real_syscall(%rip), %rax\n"
	"	test %rax, %rax\n"
	"	je tl_hook_syscall\n"
	"	jmp *%rax\n"
	".cfi_endproc\n"
	".size syscall, .-syscall\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	cmp x0, #511\n"
	"	b.hi 1f\n"
	"	adrp x16, " NAME_IN_ASM "\n"
	"	add x16, x16, :lo12:" NAME_IN_ASM "\n"
	"	ldrb w17, [x16, x0]\n"
	"	cmp w17, #1\n"
	"	b.eq tl_hook_syscall\n"
	"	b.lo 1f\n"
	"	adrp x16, tl_fork_shares\n"
	"	str w17, [x16, :lo12:tl_fork_shares]\n"
	"1:	adrp x16, tl_real_syscall\n"
	"	ldr x16, [x16, :lo12:tl_real_syscall]\n"
	"	cbz x16, tl_hook_syscall\n"
	"	br x16\n"
	".cfi_endproc\n"
	".size syscall, .-syscall\n");
#endif

/* ---- POSIX timers: the kernel's ids and 4-byte places --------------------------------------- */

/* The kernel's timer_t is an int; where the id is one of libc's too, both name the same timer. */
static long raw_create(long clock, long event, long place, const struct tl_called *called)
{
	struct tl_create how = {.called = called, .int_place = true, .raw = true};
	long result;
	int error;

	if (!tl_life_enter())
		return tl_real_syscall(SYS_timer_create, clock, event, place);
	tl_registry_create_begin(&how, (void *)place, true);
	result = tl_real_syscall(SYS_timer_create, clock, event, place);
	error = errno;
	if (result == 0)
		tl_registry_create_end(&how, (clockid_t)clock, (const struct sigevent *)event,
				       (uint32_t) * (int *)place);
	else
		tl_registry_create_failed(TL_POSIX, error, called);
	tl_registry_leave();
	errno = error;
	return result;
}

static long raw_settime(long id, long flags, long value, long old)
{
	struct tl_ref ref = tl_life_enter() ? tl_registry_set_begin((uint32_t)id) : TL_NO_REF;
	long result;
	int error;

	result = tl_real_syscall(SYS_timer_settime, id, flags, value, old);
	error = errno;
	tl_registry_set(ref, (int)flags, (const struct itimerspec *)value, result ? error : 0);
	errno = error;
	return result;
}

static long raw_delete(long id)
{
	struct tl_timer *timer;
	struct tl_ref ref;
	long result;
	int error;

	if (!tl_life_enter())
		return tl_real_syscall(SYS_timer_delete, id);
	timer = tl_registry_delete_begin((uint32_t)id, &ref);
	result = tl_real_syscall(SYS_timer_delete, id);
	error = errno;
	tl_registry_delete_end(timer, ref, result == 0);
	errno = error;
	return result;
}

static long used(long id, long result)
{
	int error = errno;

	if (result >= 0 && tl_life_enter())
		tl_registry_used(tl_registry_posix((uint32_t)id));
	errno = error;
	return result;
}

static long raw_timerfd(long clock, long flags, const struct tl_called *called)
{
	long fd;
	int error;

	if (!tl_life_enter() || tl_life_own_files)
		return tl_real_syscall(SYS_timerfd_create, clock, flags);
	tl_registry_enter();
	fd = tl_real_syscall(SYS_timerfd_create, clock, flags);
	error = errno;
	if (fd >= 0)
		tl_registry_timerfd((int)fd, (clockid_t)clock, (int)flags, true, called);
	else
		tl_registry_create_failed(TL_TIMERFD, error, called);
	tl_registry_leave();
	errno = error;
	return fd;
}

/* ---- all others have a hook of their own ----------------------------------------------------- */

/* close and the reads of libc are cancellation points, the bare calls are not: these take no way
 * through libc's functions. */
static bool concerns_us(long nr, long a, long b)
{
	if (nr == SYS_close_range)
		return tl_load(&tl_fdmap_count);
	if (nr == SYS_epoll_ctl || nr == SYS_sendmsg || nr == SYS_sendmmsg)
		return tl_load(&tl_fdmap_count);
	return tl_fdmap_maybe((int)a) || (nr != SYS_read && tl_fdmap_maybe((int)b));
}

static long raw_fd_call(long nr, long a, long b, long c, long d, long e, long f)
{
	struct tl_ref ref;
	long result;

	if (!concerns_us(nr, a, b))
		return tl_real_syscall(nr, a, b, c, d, e, f);
	switch (nr) {
	case SYS_timerfd_settime:
		return timerfd_settime((int)a, (int)b, (void *)c, (void *)d);
	case SYS_timerfd_gettime:
		return timerfd_gettime((int)a, (void *)b);
	case SYS_read:
		ref = tl_hook_reading((int)a);
		return tl_hook_read(ref, (void *)b, tl_real_syscall(nr, a, b, c));
	case SYS_readv:
	case SYS_preadv2:
		ref = tl_hook_reading((int)a);
		return tl_hook_readv(ref, (void *)b, tl_real_syscall(nr, a, b, c, d, e, f));
	case SYS_close:
		return tl_hook_close_bare((int)a);
	case SYS_close_range:
		return close_range((unsigned)a, (unsigned)b, (int)c);
	case SYS_dup:
		return dup((int)a);
#ifdef SYS_dup2
	case SYS_dup2:
		return dup2((int)a, (int)b);
#endif
	case SYS_dup3:
		return dup3((int)a, (int)b, (int)c);
	case SYS_fcntl:
		return fcntl((int)a, (int)b, c);
	case SYS_epoll_ctl:
		return epoll_ctl((int)a, (int)b, (int)c, (void *)d);
	}
	result = tl_real_syscall(nr, a, b, c, d, e, f);
	/* Not by the libc's functions, which are points of cancellation. */
	if (nr == SYS_sendmsg)
		tl_hook_sent((const struct msghdr *)b, result);
	if (nr == SYS_sendmmsg)
		tl_hook_sent_many((const struct mmsghdr *)b, result);
	return result;
}

static long raw_seccomp(long operation, long flags, long filter)
{
	bool strict = operation == SECCOMP_SET_MODE_STRICT;
	bool sandbox = (strict || (operation == SECCOMP_SET_MODE_FILTER && filter)) &&
		       tl_life_enter() && !tl_life_quiet() && !tl_life_vfork_child();
	long result;

	if (sandbox)
		tl_life_go_quiet(true);
	result = tl_real_syscall(SYS_seccomp, operation, flags, filter);
	/* Above 0: the listener's descriptor, or the thread that kept a filter from all threads. */
	if (sandbox && (result < 0 || (result > 0 && !(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))))
		tl_life_go_quiet(false);
	return result;
}

static long raw_process_call(long nr, long a, long b, long c, long d, long e)
{
	switch (nr) {
	case SYS_execve:
		return execve((const char *)a, (char *const *)b, (char *const *)c);
	case SYS_execveat:
		return execveat((int)a, (const char *)b, (char *const *)c, (char *const *)d,
				(int)e);
	case SYS_exit_group:
		_exit((int)a);
	case SYS_prctl:
		return prctl((int)a, b, c, d, e);
	case SYS_unshare:
		return unshare((int)a);
	}
	return raw_seccomp(a, b, c);
}

long tl_hook_syscall(long nr, long a, long b, long c, long d, long e, long f);

__attribute__((used)) long tl_hook_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (TL_ABSENT(syscall))
		return tl_hook_absent();
	switch (nr) {
	case SYS_timer_create:
		return (long)tl_not_last((void *)raw_create(a, b, c, TL_CALLED));
	case SYS_timer_settime:
		return raw_settime(a, b, c, d);
	case SYS_timer_gettime:
	case SYS_timer_getoverrun:
		return used(a, tl_real_syscall(nr, a, b));
	case SYS_timer_delete:
		return raw_delete(a);
	case SYS_timerfd_create:
		return (long)tl_not_last((void *)raw_timerfd(a, b, TL_CALLED));
	case SYS_execve:
	case SYS_execveat:
	case SYS_exit_group:
	case SYS_prctl:
	case SYS_unshare:
	case SYS_seccomp:
		return raw_process_call(nr, a, b, c, d, e);
	}
	return raw_fd_call(nr, a, b, c, d, e, f);
}
