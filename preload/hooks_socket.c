/* SPDX-License-Identifier: MIT */
/*
 * A timerfd that travels over a socket shares its ticks with the receiver (SCM_RIGHTS, man 7 unix).
 * One that arrives is found by the audit.
 */
#include "fdmap.h"
#include "hooks.h"
#include <string.h>

static void note_sent(const struct msghdr *message)
{
	struct msghdr *m =
	    (struct msghdr *)message; /* CMSG_NXTHDR takes no const; nothing is written */

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		bool rights = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;
		size_t n =
		    c->cmsg_len > CMSG_LEN(0) ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		for (size_t i = 0; rights && i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (tl_fdmap_maybe(fd))
				tl_registry_shared(tl_registry_fd(fd));
		}
	}
}

/* What was sent lies in the program's memory, as it was when the kernel read it. */
static bool concerns_us(void)
{
	return tl_load(&tl_fdmap_count) && tl_life_enter() && !tl_life_own_files &&
	       !tl_life_vfork_child();
}

void tl_hook_sent(const struct msghdr *message, long result)
{
	if (tl_unlikely(result >= 0 && message->msg_controllen) && concerns_us())
		note_sent(message);
}

void tl_hook_sent_many(const struct mmsghdr *messages, long sent)
{
	for (long i = 0; i < sent; i++)
		tl_hook_sent(&messages[i].msg_hdr, 0);
}

TL_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t result;

	if (TL_ABSENT(sendmsg))
		return tl_hook_absent();
	result = tl_real_sendmsg(fd, message, flags);
	tl_hook_sent(message, result);
	return result;
}

TL_EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	int result;

	if (TL_ABSENT(sendmmsg))
		return tl_hook_absent();
	result = tl_real_sendmmsg(fd, messages, count, flags);
	tl_hook_sent_many(messages, result);
	return result;
}
