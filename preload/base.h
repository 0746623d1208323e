/* SPDX-License-Identifier: MIT */
/*
 * base.h - attributes and the two or three idioms that every file of the shim uses.
 *
 * Nothing here calls anything. All of preload/ is compiled with -fvisibility=hidden; only what is
 * marked TL_EXPORT can be seen by the host.
 */
#ifndef TL_BASE_H
#define TL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#define TL_EXPORT __attribute__((visibility("default")))
/* A variable of another file of ours: with that said it is reached without the table of offsets. */
#define TL_EXTERN extern __attribute__((visibility("hidden")))
/* What the life of a timer or a block goes through lies together: after the kernel has been at work
 * the processor has to fetch it all again. */
#define TL_HOT	    __attribute__((section(".text.hot")))
#define TL_COLD	    __attribute__((cold, noinline))
#define TL_NOINLINE __attribute__((noinline))
/* Of several callers one is hot, or what is a constant to each decides. */
#define TL_INLINE inline __attribute__((always_inline))
#define TL_UNUSED __attribute__((unused))
/* What is large stands behind what is small (see SHIM_LD), so that this is all on a few pages;
 * first what the start of every process uses the beginning of: start_pages.h. For zeroes only. */
#define TL_BEGIN	     __attribute__((section(".bss.begin")))
#define TL_BIG		     __attribute__((section(".bss.big")))
#define TL_BIG_TABLE	     __attribute__((section(".bss.big"), aligned(4096))) /* tl_sys_clear */
#define TL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* Initial-exec never calls __tls_get_addr, which may allocate (4 calls against 0, measured). */
#define TL_TLS __thread __attribute__((tls_model("initial-exec")))

#define tl_likely(x)   __builtin_expect(!!(x), 1)
#define tl_unlikely(x) __builtin_expect(!!(x), 0)

/* The frame of a function of ours: its caller's frame pointer, then the return address (x86-64 and
 * AAPCS64 alike). All are compiled with -fno-omit-frame-pointer. A function that is called last and
 * takes over the place of this frame leaves both where they are on x86-64 (tl_not_last). */
struct tl_called {
	uintptr_t bp;
	void *from;
};
#define TL_CALLED ((const struct tl_called *)__builtin_frame_address(0))

/* What a function gave that has TL_CALLED of this one. On aarch64 they lie at a frame's lower end,
 * and a larger frame in its place has something else there: it must not be called last. */
static inline void *tl_not_last(void *p)
{
#if defined(__aarch64__)
	__asm__ volatile("" : "+r"(p));
#endif
	return p;
}

/* Without its signature, where ours are compiled with such (-mbranch-protection). */
static inline void *tl_returns_to(const struct tl_called *called)
{
	void *to = called->from;
#if defined(__aarch64__)
	register void *link __asm__("x30") = to;

	__asm__("hint #7" : "+r"(link)); /* xpaclri */
	to = link;
#endif
	return to;
}

#define TL_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Relaxed unless the name says otherwise: counters and flags that nothing else hangs on. */
#define tl_load(p)	       __atomic_load_n((p), __ATOMIC_RELAXED)
#define tl_store(p, v)	       __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define tl_add(p, v)	       __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define tl_sub(p, v)	       __atomic_fetch_sub((p), (v), __ATOMIC_RELAXED)
#define tl_or(p, v)	       __atomic_fetch_or((p), (v), __ATOMIC_RELAXED)
#define tl_and(p, v)	       __atomic_fetch_and((p), (v), __ATOMIC_RELAXED)
#define tl_load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define tl_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#endif
