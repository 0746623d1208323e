/* SPDX-License-Identifier: MIT */
/* timerfd_*, and the reads that drain a timerfd. */
#include "fdmap.h"
#include "hooks.h"
#include <string.h>
#include <sys/timerfd.h>

TL_HOT TL_EXPORT int timerfd_create(int clock, int flags)
{
	int fd, error;

	if (TL_ABSENT(timerfd_create) || !tl_life_enter() || tl_life_own_files)
		return TL_HAVE(timerfd_create) ? tl_real_timerfd_create(clock, flags)
					       : tl_hook_absent();
	tl_registry_enter();
	fd = tl_real_timerfd_create(clock, flags);
	error = errno;
	if (fd >= 0)
		tl_registry_timerfd(fd, clock, flags, false, TL_CALLED);
	else
		tl_registry_create_failed(TL_TIMERFD, error, TL_CALLED);
	tl_registry_leave();
	errno = error;
	return fd;
}

TL_HOT TL_EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *value,
				     struct itimerspec *old)
{
	struct tl_ref ref;
	int result, error;

	if (TL_ABSENT(timerfd_settime))
		return tl_hook_absent();
	ref = tl_fdmap_maybe(fd) && tl_life_enter() ? tl_registry_fd(fd) : TL_NO_REF;
	result = tl_real_timerfd_settime(fd, flags, value, old);
	if (ref.slot == TL_NONE)
		return result;
	error = errno;
	tl_registry_set(ref, flags, value, result ? error : 0);
	errno = error;
	return result;
}

TL_EXPORT int timerfd_gettime(int fd, struct itimerspec *value)
{
	int result, error;

	if (TL_ABSENT(timerfd_gettime))
		return tl_hook_absent();
	result = tl_real_timerfd_gettime(fd, value);
	if (result || !tl_fdmap_maybe(fd) || !tl_life_enter())
		return result;
	error = errno;
	tl_registry_used(tl_registry_fd(fd));
	errno = error;
	return result;
}

/* ---- reads: man 2 timerfd_create, "read(2)" -------------------------------------------------- */

TL_HOT struct tl_ref tl_hook_reading(int fd)
{
	return tl_life_enter() ? tl_registry_fd(fd) : TL_NO_REF;
}

ssize_t tl_hook_read(struct tl_ref ref, const void *buffer, ssize_t result)
{
	int error = errno;
	uint64_t ticks = 0;

	if (ref.slot == TL_NONE)
		return result;
	if (result >= 8)
		memcpy(&ticks, buffer, sizeof(ticks));
	tl_registry_read(ref, result, result < 0 ? error : 0, ticks);
	errno = error;
	return result;
}

/* The eight bytes may lie in several pieces. */
ssize_t tl_hook_readv(struct tl_ref ref, const struct iovec *parts, ssize_t result)
{
	char ticks[8] = {0};
	size_t have = 0;

	for (int i = 0; result >= 8 && have < sizeof(ticks); i++) {
		size_t left = sizeof(ticks) - have;
		size_t take = parts[i].iov_len < left ? parts[i].iov_len : left;

		memcpy(ticks + have, parts[i].iov_base, take);
		have += take;
	}
	return tl_hook_read(ref, ticks, result);
}

TL_HOT static TL_NOINLINE ssize_t read_tracked(int fd, void *buffer, size_t size)
{
	struct tl_ref ref;

	if (TL_ABSENT(read))
		return tl_hook_absent();
	ref = tl_fdmap_maybe(fd) ? tl_hook_reading(fd) : TL_NO_REF;
	return tl_hook_read(ref, buffer, tl_real_read(fd, buffer, size));
}

TL_HOT TL_EXPORT ssize_t read(int fd, void *buffer, size_t size)
{
	return TL_FOUND(read) && tl_likely(!tl_fdmap_maybe(fd)) ? tl_real_read(fd, buffer, size)
								: read_tracked(fd, buffer, size);
}

TL_EXPORT ssize_t __read(int fd, void *buffer, size_t size)
{
	return read(fd, buffer, size);
}

TL_EXPORT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
	struct tl_ref ref;

	if (TL_ABSENT(__read_chk))
		return tl_hook_absent();
	if (tl_likely(!tl_fdmap_maybe(fd)))
		return tl_real___read_chk(fd, buffer, size, room);
	ref = tl_hook_reading(fd);
	return tl_hook_read(ref, buffer, tl_real___read_chk(fd, buffer, size, room));
}

TL_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	struct tl_ref ref;

	if (TL_ABSENT(readv))
		return tl_hook_absent();
	if (tl_likely(!tl_fdmap_maybe(fd)))
		return tl_real_readv(fd, parts, count);
	ref = tl_hook_reading(fd);
	return tl_hook_readv(ref, parts, tl_real_readv(fd, parts, count));
}

TL_EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	struct tl_ref ref;

	if (TL_ABSENT(preadv2))
		return tl_hook_absent();
	if (tl_likely(!tl_fdmap_maybe(fd)))
		return tl_real_preadv2(fd, parts, count, offset, flags);
	ref = tl_hook_reading(fd);
	return tl_hook_readv(ref, parts, tl_real_preadv2(fd, parts, count, offset, flags));
}

TL_EXPORT ssize_t preadv64v2(int fd, const struct iovec *parts, int count, off64_t offset,
			     int flags)
{
	return preadv2(fd, parts, count, offset, flags); /* the same function on 64-bit systems */
}
