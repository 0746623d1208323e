/* SPDX-License-Identifier: MIT */
/* epoll, poll and select, as far as the evidence needs them. */
#include "fdmap.h"
#include "hooks.h"
#include "stack_room.h"
#include "watch.h"

#define FEW 8

static TL_NOINLINE int control_tracked(int epoll_fd, int operation, int fd,
				       struct epoll_event *event)
{
	struct tl_ref ref;
	int result, error;

	if (TL_ABSENT(epoll_ctl))
		return tl_hook_absent();
	ref = tl_fdmap_maybe(fd) && tl_life_enter() ? tl_registry_fd(fd) : TL_NO_REF;
	result = tl_real_epoll_ctl(epoll_fd, operation, fd, event);
	error = errno;
	if (!result && ref.slot != TL_NONE)
		tl_watch_control(ref, epoll_fd, operation, fd,
				 operation == EPOLL_CTL_DEL ? 0 : event->data.u64);
	errno = error;
	return result;
}

TL_HOT TL_EXPORT int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	return TL_FOUND(epoll_ctl) && tl_likely(!tl_fdmap_maybe(fd))
		   ? tl_real_epoll_ctl(epoll_fd, operation, fd, event)
		   : control_tracked(epoll_fd, operation, fd, event);
}

static void before_wait(int epoll_fd)
{
	if (tl_life_enter())
		tl_watch_wait(epoll_fd);
}

static int after_wait(int epoll_fd, const struct epoll_event *events, int count)
{
	int error = errno;

	if (count > 0 && tl_life_enter())
		tl_watch_events(epoll_fd, events, count);
	errno = error;
	return count;
}

static TL_NOINLINE int wait_watched(int epoll_fd, struct epoll_event *events, int most, int timeout)
{
	if (TL_ABSENT(epoll_wait))
		return tl_hook_absent();
	before_wait(epoll_fd);
	return after_wait(epoll_fd, events, tl_real_epoll_wait(epoll_fd, events, most, timeout));
}

TL_HOT TL_EXPORT int epoll_wait(int epoll_fd, struct epoll_event *events, int most, int timeout)
{
	return TL_FOUND(epoll_wait) && tl_likely(!tl_watch_maybe(epoll_fd))
		   ? tl_real_epoll_wait(epoll_fd, events, most, timeout)
		   : wait_watched(epoll_fd, events, most, timeout);
}

static TL_NOINLINE int pwait_watched(int epoll_fd, struct epoll_event *events, int most,
				     int timeout, const sigset_t *mask)
{
	if (TL_ABSENT(epoll_pwait))
		return tl_hook_absent();
	before_wait(epoll_fd);
	return after_wait(epoll_fd, events,
			  tl_real_epoll_pwait(epoll_fd, events, most, timeout, mask));
}

TL_EXPORT int epoll_pwait(int epoll_fd, struct epoll_event *events, int most, int timeout,
			  const sigset_t *mask)
{
	return TL_FOUND(epoll_pwait) && tl_likely(!tl_watch_maybe(epoll_fd))
		   ? tl_real_epoll_pwait(epoll_fd, events, most, timeout, mask)
		   : pwait_watched(epoll_fd, events, most, timeout, mask);
}

TL_EXPORT int epoll_pwait2(int epoll_fd, struct epoll_event *events, int most,
			   const struct timespec *timeout, const sigset_t *mask)
{
	if (TL_ABSENT(epoll_pwait2))
		return tl_hook_absent();
	if (tl_likely(!tl_watch_maybe(epoll_fd)))
		return tl_real_epoll_pwait2(epoll_fd, events, most, timeout, mask);
	before_wait(epoll_fd);
	return after_wait(epoll_fd, events,
			  tl_real_epoll_pwait2(epoll_fd, events, most, timeout, mask));
}

/* ---- poll --------------------------------------------------------------------------------- */

static TL_NOINLINE void reported(int fd)
{
	int error = errno;

	if (tl_life_enter())
		tl_watch_reported(tl_registry_fd(fd));
	errno = error;
}

TL_HOT static int after_poll(const struct pollfd *fds, nfds_t n, int result)
{
	if (tl_likely(result <= 0 || !tl_load(&tl_fdmap_count)))
		return result;
	for (nfds_t i = 0; i < n; i++)
		if (tl_unlikely(fds[i].revents & POLLIN && tl_fdmap_maybe(fds[i].fd)))
			reported(fds[i].fd);
	return result;
}

TL_HOT static TL_NOINLINE int poll_tracked(struct pollfd *fds, nfds_t n, int timeout)
{
	return TL_ABSENT(poll) ? tl_hook_absent()
			       : after_poll(fds, n, tl_real_poll(fds, n, timeout));
}

/* Few, on the caller's own stack, which may be looked at before the kernel has, and none of them a
 * timerfd: then nothing of ours is returned to. Above that stack lie at least as many bytes (what
 * the kernel gave the program, or the thread's own block). */
static TL_INLINE bool others_alone(const struct pollfd *fds, nfds_t n)
{
	if (n > FEW || !tl_stack_is_callers((uintptr_t)fds))
		return false;
	while (n-- > 0)
		if (tl_fdmap_maybe(fds[n].fd))
			return false;
	return true;
}

/* Which descriptors are polled is looked at afterwards: fds may be bad memory, which only the
 * kernel may find. */
TL_HOT TL_EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	return TL_FOUND(poll) && tl_likely(!tl_load(&tl_fdmap_count) || others_alone(fds, n))
		   ? tl_real_poll(fds, n, timeout)
		   : poll_tracked(fds, n, timeout);
}

TL_EXPORT int __poll(struct pollfd *fds, nfds_t n, int timeout)
{
	return poll(fds, n, timeout);
}

TL_EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room)
{
	return TL_ABSENT(__poll_chk)
		   ? tl_hook_absent()
		   : after_poll(fds, n, tl_real___poll_chk(fds, n, timeout, room));
}

TL_EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		    const sigset_t *mask)
{
	return TL_ABSENT(ppoll) ? tl_hook_absent()
				: after_poll(fds, n, tl_real_ppoll(fds, n, timeout, mask));
}

TL_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
			  const sigset_t *mask, size_t room)
{
	return TL_ABSENT(__ppoll_chk)
		   ? tl_hook_absent()
		   : after_poll(fds, n, tl_real___ppoll_chk(fds, n, timeout, mask, room));
}

/* ---- select ------------------------------------------------------------------------------- */

/* By words, not by FD_ISSET: that one refuses descriptors from FD_SETSIZE on, select does not. */
static TL_NOINLINE int selected(int n, const fd_set *set, int result)
{
	const unsigned long *words = (const unsigned long *)set;
	const int bits = 8 * (int)sizeof(*words);
	int error = errno;

	for (int fd = tl_fdmap_next(0); fd >= 0 && fd < n && tl_life_enter();
	     fd = tl_fdmap_next(fd + 1))
		if (words[fd / bits] >> (fd % bits) & 1)
			tl_watch_reported(tl_registry_fd(fd));
	errno = error;
	return result;
}

static int after_select(int n, const fd_set *set, int result)
{
	return tl_likely(result <= 0 || !set || !tl_load(&tl_fdmap_count))
		   ? result
		   : selected(n, set, result);
}

TL_EXPORT int select(int n, fd_set *in, fd_set *out, fd_set *urgent, struct timeval *timeout)
{
	return TL_ABSENT(select) ? tl_hook_absent()
				 : after_select(n, in, tl_real_select(n, in, out, urgent, timeout));
}

TL_EXPORT int __select(int n, fd_set *in, fd_set *out, fd_set *urgent, struct timeval *timeout)
{
	return select(n, in, out, urgent, timeout);
}

TL_EXPORT int pselect(int n, fd_set *in, fd_set *out, fd_set *urgent,
		      const struct timespec *timeout, const sigset_t *mask)
{
	return TL_ABSENT(pselect)
		   ? tl_hook_absent()
		   : after_select(n, in, tl_real_pselect(n, in, out, urgent, timeout, mask));
}
