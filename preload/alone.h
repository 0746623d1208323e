/* SPDX-License-Identifier: MIT */
/*
 * alone.h - counting without the processor's lock while the process has one thread.
 *
 * A locked operation takes several times as long as another on many processors, and the life of a
 * timer has some fifteen of them. Each of these is one instruction, which a signal handler comes
 * before or after, never within. Whether there is one thread glibc tells, as it does for its own
 * malloc and stdio (sys/single_threaded.h); of threads that clone() made it knows nothing, and we
 * see to those.
 *
 * Async-signal-safe.
 */
#ifndef TL_ALONE_H
#define TL_ALONE_H

#include "base.h"

#if defined(__x86_64__)
/* What glibc says, or a zero where nobody can say or clone() was called. */
TL_EXTERN const char *tl_one_thread, tl_not_alone;

static inline bool tl_alone(void)
{
	return *tl_load(&tl_one_thread);
}

#define tl_quick_change(op, all, p, v)                                                 \
	do {                                                                           \
		__typeof__(*(p)) *to_ = (p), by_ = (v);                                \
		if (tl_likely(tl_alone()))                                             \
			__asm__ volatile(op " %1, %0" : "+m"(*to_) : "r"(by_) : "cc"); \
		else                                                                   \
			all(to_, by_, __ATOMIC_ACQ_REL);                               \
	} while (0)
#define tl_quick_add(p, v) tl_quick_change("add", __atomic_fetch_add, p, v) /* *p += v */
#define tl_quick_or(p, v)  tl_quick_change("or", __atomic_fetch_or, p, v)
#define tl_quick_and(p, v) tl_quick_change("and", __atomic_fetch_and, p, v)

/* The same; gives what it was. */
#define tl_quick_fetch_add(p, v)                                                           \
	__extension__({                                                                    \
		__typeof__(*(p)) *to_ = (p), was_ = (v);                                   \
		if (tl_likely(tl_alone()))                                                 \
			__asm__ volatile("xadd %0, %1" : "+r"(was_), "+m"(*to_) : : "cc"); \
		else                                                                       \
			was_ = tl_add(to_, was_);                                          \
		was_;                                                                      \
	})

/* As __atomic_compare_exchange_n, strong, ACQ_REL, and ACQUIRE where it fails. */
#define tl_quick_swap(p, was, v)                                                                 \
	__extension__({                                                                          \
		__typeof__(*(p)) *at_ = (p), *was_ = (was), to_ = (v);                           \
		bool done_;                                                                      \
		if (tl_likely(tl_alone()))                                                       \
			__asm__ volatile("cmpxchg %3, %1"                                        \
					 : "=@ccz"(done_), "+m"(*at_), "+a"(*was_)               \
					 : "r"(to_)                                              \
					 : "memory");                                            \
		else                                                                             \
			done_ = __atomic_compare_exchange_n(at_, was_, to_, false,               \
							    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE); \
		done_;                                                                           \
	})
#else /* where there are instructions for it, which take no longer */
static inline bool tl_alone(void)
{
	return false; /* clone() is not watched */
}

#define tl_quick_add(p, v)	 ((void)tl_add((p), (v)))
#define tl_quick_or(p, v)	 ((void)__atomic_fetch_or((p), (v), __ATOMIC_ACQ_REL))
#define tl_quick_and(p, v)	 ((void)__atomic_fetch_and((p), (v), __ATOMIC_ACQ_REL))
#define tl_quick_fetch_add(p, v) tl_add((p), (v))
#define tl_quick_swap(p, was, v) \
	__atomic_compare_exchange_n((p), (was), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#endif

/* Gives what it was. */
#define tl_quick_exchange(p, v)                                   \
	__extension__({                                           \
		__typeof__(*(p)) *in_ = (p), old_ = tl_load(in_); \
		while (!tl_quick_swap(in_, &old_, (v)))           \
			;                                         \
		old_;                                             \
	})

/* To v, unless there is more already, or less. */
#define tl_quick_limit(p, v, beyond)                                             \
	do {                                                                     \
		__typeof__(*(p)) *of_ = (p), old_ = tl_load(of_), limit_ = (v);  \
		while (old_ beyond limit_ && !tl_quick_swap(of_, &old_, limit_)) \
			;                                                        \
	} while (0)
#define tl_quick_raise(p, v) tl_quick_limit(p, v, <)
#define tl_quick_lower(p, v) tl_quick_limit(p, v, >)

/* Before anything is counted; till then there may be others. */
void tl_alone_init(void);
/* From now on others may come that the libc, or our hook of clone, does not know of. */
void tl_alone_no_more(void);

#endif
