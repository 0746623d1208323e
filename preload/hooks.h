/* SPDX-License-Identifier: MIT */
/*
 * hooks.h - what the hook files share. Hooks hold no policy: test a bit, call the real function,
 * tell the registry, return. The real call is never made with the section held, and errno after a
 * hook is what the real function left.
 */
#ifndef TL_HOOKS_H
#define TL_HOOKS_H

#include "base.h"
#include "life.h"
#include "real.h"
#include "registry.h"

#define TL_CALLER __builtin_return_address(0)

/* Some have no prototype in the libc's headers. */
#define TL_HOOK(need, ret, name, params) ret name params;
#define TL_HOOK_V(ret, name, params)
#define TL_HOOK_HEAP(need, ret, name, params) TL_HOOK(need, ret, name, params)
#define TL_HOOK_NEW(ret, name, params)	      TL_HOOK(, ret, name, params)
#include "hooks.def"
#undef TL_HOOK
#undef TL_HOOK_V
#undef TL_HOOK_HEAP
#undef TL_HOOK_NEW

/* A symbol that this libc does not have. */
#define TL_ABSENT(name) tl_unlikely(!TL_HAVE(name))
/* For calls that are mostly just passed on, by a jump: all else stands in a function of its own,
 * TL_NOINLINE, since to save registers for it would take longer than the hook. */
#define TL_FOUND(name) tl_likely(tl_load(&tl_real_##name) != NULL)

int tl_hook_absent(void); /* errno = ENOSYS, -1 */

/* As close, but with the bare system call, which is no point of cancellation. */
int tl_hook_close_bare(int fd);
/* Before and after a read by the bare system call; gives the result. */
struct tl_ref tl_hook_reading(int fd);
ssize_t tl_hook_read(struct tl_ref ref, const void *buffer, ssize_t result);
ssize_t tl_hook_readv(struct tl_ref ref, const struct iovec *parts, ssize_t result);

/* What was sent by another way than the hooks of sendmsg and sendmmsg; the call's result. */
void tl_hook_sent(const struct msghdr *message, long result);
void tl_hook_sent_many(const struct mmsghdr *messages, long sent);

#endif
