/* SPDX-License-Identifier: MIT */
/*
 * real.h - pointers to the functions that we stand in front of: tl_real_NAME.
 *
 * Filled in by the constructor; a hook that runs earlier resolves on demand (TL_REAL). A symbol
 * that the libc lacks leaves its pointer NULL: hooks of OPTIONAL symbols check it with TL_HAVE.
 * Resolving calls dlsym, which does not allocate when it succeeds. The allocator's functions are
 * resolved by the first allocation, which the loader makes; operators of C++ when they are called.
 */
#ifndef TL_REAL_H
#define TL_REAL_H

#include "base.h"
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

/* Versions of the timer_* family, oldest first; the last is the default. */
#if defined(__x86_64__)
#define TL_TIMER_VERSIONS(X)   X(0, "GLIBC_2.2.5") X(1, "GLIBC_2.3.3") X(2, "GLIBC_2.34")
#define TL_TIMER_VERSION_COUNT 3
#else
#define TL_TIMER_VERSIONS(X)   X(0, "GLIBC_2.17") X(1, "GLIBC_2.34")
#define TL_TIMER_VERSION_COUNT 2
#endif
#define TL_NEWEST (TL_TIMER_VERSION_COUNT - 1)

#define TL_HOOK(need, ret, name, params)      TL_EXTERN ret(*tl_real_##name) params;
#define TL_HOOK_V(ret, name, params)	      TL_EXTERN ret(*tl_real_##name[TL_TIMER_VERSION_COUNT]) params;
#define TL_HOOK_HEAP(need, ret, name, params) TL_HOOK(need, ret, name, params)
#define TL_HOOK_NEW(ret, name, params)	      TL_HOOK(, ret, name, params)
#include "hooks.def"
#undef TL_HOOK
#undef TL_HOOK_V
#undef TL_HOOK_HEAP
#undef TL_HOOK_NEW

void tl_real_init(void);

/* The allocator's functions alone, without notes: may run before everything else, inside the
 * loader. false: another call of this one is under way on this thread. */
bool tl_real_heap_init(void);
/* Of whom has the allocator its functions? false if malloc and malloc_usable_size belong together
 * as little as a size of one would mean something to the other. */
bool tl_real_heap_agrees(void);
bool tl_real_same_home(void *a, void *b); /* two functions of one loaded object; may allocate */

#define TL_HAVE(name) (tl_load(&tl_real_##name) || (tl_real_init(), tl_load(&tl_real_##name)))
#define TL_REAL(name) (tl_likely(TL_HAVE(name)) ? tl_real_##name : NULL)

#endif
