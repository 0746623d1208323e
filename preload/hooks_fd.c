/* SPDX-License-Identifier: MIT */
/*
 * Where descriptors begin and end. What ends is taken out of the table before the real call, since
 * its number may be given out again at once; what begins is entered after it.
 */
#include "fdmap.h"
#include "hooks.h"
#include "hooks_range.h"
#include "life_fork.h"
#include "watch.h"
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>

/* A vfork child's closes are not ours, although it runs in our memory. Only where there may be one
 * is the kernel asked, since that takes as long as a close. */
TL_HOT static bool ours(void)
{
	return tl_life_enter() && !tl_life_own_files &&
	       !(tl_load(&tl_fork_shares) && tl_life_vfork_child());
}

/* ---- close -------------------------------------------------------------------------------- */

static TL_INLINE int close_by(int (*real)(int), int fd, bool cancellable)
{
	struct tl_ref ref;
	int result, error;

	ref = tl_fdmap_maybe(fd) && ours() ? tl_registry_fd(fd) : TL_NO_REF;
	if (ref.slot == TL_NONE)
		return real(fd);
	if (cancellable) /* here and not in the real call, with the descriptor half forgotten */
		pthread_testcancel();
	tl_registry_enter();
	tl_watch_closing(ref, fd);
	ref = tl_registry_unlink_fd(fd);
	result = real(fd);
	error = errno;
	tl_registry_drop(ref); /* whatever close said: the descriptor is gone (man 2 close) */
	tl_registry_leave();
	errno = error;
	return result;
}

TL_HOT static TL_NOINLINE int close_tracked(int fd)
{
	return TL_ABSENT(close) ? tl_hook_absent() : close_by(tl_real_close, fd, true);
}

static int close_bare(int fd)
{
	return (int)tl_real_syscall(SYS_close, fd);
}

int tl_hook_close_bare(int fd)
{
	return close_by(close_bare, fd, false);
}

TL_HOT TL_EXPORT int close(int fd)
{
	return TL_FOUND(close) && tl_likely(!tl_fdmap_maybe(fd)) ? tl_real_close(fd)
								 : close_tracked(fd);
}

TL_EXPORT int __close(int fd)
{
	return close(fd);
}

TL_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	struct tl_range range;
	int result, error;

	if (TL_ABSENT(close_range))
		return tl_hook_absent();
	if (!tl_load(&tl_fdmap_count) || flags & (CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE) ||
	    !ours()) {
		result = tl_real_close_range(first, last, flags);
		if (!result && flags & CLOSE_RANGE_UNSHARE)
			tl_life_note_unshare();
		return result;
	}
	tl_range_unlink(&range, first, last);
	result = tl_real_close_range(first, last, flags);
	error = errno;
	tl_range_end(&range, result == 0);
	errno = error;
	return result;
}

TL_EXPORT void closefrom(int low)
{
	struct tl_range range;
	int error;

	if (TL_ABSENT(closefrom))
		return;
	if (!tl_load(&tl_fdmap_count) || !ours()) {
		tl_real_closefrom(low);
		return;
	}
	tl_range_unlink(&range, low < 0 ? 0 : (unsigned)low, ~0u);
	tl_real_closefrom(low);
	error = errno;
	tl_range_end(&range, true);
	errno = error;
}

/* The stream's descriptor is closed inside libc, where no hook sees it. */
static struct tl_ref unlink_stream(FILE *stream)
{
	int fd, error = errno;
	struct tl_ref ref = TL_NO_REF;

	if (!tl_load(&tl_fdmap_count) || !stream || !ours())
		return ref;
	fd = fileno(stream);
	if (fd >= 0 && tl_fdmap_maybe(fd))
		ref = tl_registry_unlink_fd(fd);
	if (ref.slot != TL_NONE)
		tl_watch_closing(ref, fd);
	errno = error;
	return ref;
}

static void drop_keeping_errno(struct tl_ref ref)
{
	int error = errno;

	tl_registry_drop(ref);
	errno = error;
}

TL_EXPORT int fclose(FILE *stream)
{
	struct tl_ref ref;
	int result;

	if (TL_ABSENT(fclose))
		return tl_hook_absent();
	ref = unlink_stream(stream);
	result = tl_real_fclose(stream);
	drop_keeping_errno(ref);
	return result;
}

TL_EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	struct tl_ref ref;
	FILE *result;

	if (TL_ABSENT(freopen))
		return NULL;
	ref = unlink_stream(stream);
	result = tl_real_freopen(path, mode, stream);
	drop_keeping_errno(ref);
	return result;
}

TL_EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	return freopen(path, mode, stream); /* the same function on 64-bit systems */
}

/* ---- dup ---------------------------------------------------------------------------------- */

TL_HOT static struct tl_ref tracked(int fd)
{
	return tl_fdmap_maybe(fd) && ours() ? tl_registry_fd(fd) : TL_NO_REF;
}

/* In flight until after_dup: a fork in between leaves the child a copy that no table knows. */
static struct tl_ref before_dup(int fd)
{
	struct tl_ref ref = tracked(fd);

	if (ref.slot != TL_NONE)
		tl_registry_enter();
	return ref;
}

static int after_dup(struct tl_ref ref, int fd)
{
	int error = errno;

	if (ref.slot == TL_NONE)
		return fd;
	if (fd >= 0)
		tl_registry_dup(ref, fd);
	tl_registry_leave();
	errno = error;
	return fd;
}

static TL_NOINLINE int dup_tracked(int fd)
{
	struct tl_ref ref;

	if (TL_ABSENT(dup))
		return tl_hook_absent();
	ref = before_dup(fd);
	return after_dup(ref, tl_real_dup(fd));
}

TL_HOT TL_EXPORT int dup(int fd)
{
	return TL_FOUND(dup) && tl_likely(!tl_fdmap_maybe(fd)) ? tl_real_dup(fd) : dup_tracked(fd);
}

/* What `to` stood for ends, unless the call fails. */
static int replace(int from, int to, int flags, bool dup3_called)
{
	struct tl_ref source = from == to ? TL_NO_REF : before_dup(from);
	struct tl_ref target = from == to ? TL_NO_REF : tracked(to);
	int result, error;

	if (target.slot != TL_NONE)
		target = tl_registry_unlink_fd(to);
	result = dup3_called ? tl_real_dup3(from, to, flags) : tl_real_dup2(from, to);
	error = errno;
	if (target.slot != TL_NONE && result < 0)
		tl_registry_relink_fd(target, to);
	else if (target.slot != TL_NONE)
		tl_registry_drop(target);
	errno = error;
	return after_dup(source, result);
}

TL_EXPORT int dup2(int from, int to)
{
	if (TL_ABSENT(dup2))
		return tl_hook_absent();
	if (tl_likely(!tl_fdmap_maybe(from) && !tl_fdmap_maybe(to)))
		return tl_real_dup2(from, to);
	return replace(from, to, 0, false);
}

TL_EXPORT int __dup2(int from, int to)
{
	return dup2(from, to);
}

TL_EXPORT int dup3(int from, int to, int flags)
{
	if (TL_ABSENT(dup3))
		return tl_hook_absent();
	if (tl_likely(!tl_fdmap_maybe(from) && !tl_fdmap_maybe(to)))
		return tl_real_dup3(from, to, flags);
	return replace(from, to, flags, true);
}

static TL_NOINLINE int fcntl_tracked(int fd, int command, void *argument)
{
	struct tl_ref ref;

	if (TL_ABSENT(fcntl))
		return tl_hook_absent();
	if (command != F_DUPFD && command != F_DUPFD_CLOEXEC)
		return tl_real_fcntl(fd, command, argument);
	ref = before_dup(fd);
	return after_dup(ref, tl_real_fcntl(fd, command, argument));
}

/* Every command of fcntl takes at most one argument, of the size of a register; it lies where that
 * of a function with three arguments does (x86-64 psABI, AAPCS64), and nothing needs to be spilled
 * for it. */
static inline int fcntl_any(int fd, int command, void *argument)
{
	return TL_FOUND(fcntl) && tl_likely(!tl_fdmap_maybe(fd))
		   ? tl_real_fcntl(fd, command, argument)
		   : fcntl_tracked(fd, command, argument);
}

#define FCNTL(name)                                                       \
	TL_EXPORT int tl_hook_##name(int, int, void *) __asm__(#name);    \
	TL_EXPORT int tl_hook_##name(int fd, int command, void *argument) \
	{                                                                 \
		return fcntl_any(fd, command, argument);                  \
	}
FCNTL(fcntl)
FCNTL(fcntl64)
FCNTL(__fcntl)
