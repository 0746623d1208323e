/* SPDX-License-Identifier: MIT */
/*
 * The POSIX timer family, at every symbol version. The oldest one of x86-64 has int ids: with an
 * unversioned hook the real function would write 8 bytes over them. Compiled without LTO, which
 * cannot carry .symver in asm.
 */
#include "hooks.h"
#include "hooks_timer.h"
#include <errno.h>
#include <sys/timerfd.h>

_Static_assert(TIMER_ABSTIME == 1 && TFD_TIMER_ABSTIME == 1, "registry.c takes bit 0 as absolute");

/* libc's own small numbers of the old functions must not be taken for kernel ids. */
static uint64_t key_of(timer_t id, bool old)
{
	return old ? TL_ID_OLD_LIBC | (uint32_t)(uintptr_t)id : (uint64_t)(uintptr_t)id;
}

/* In each version, since the kernel leaves no return of ours predicted: one less to wait for. */
static TL_INLINE int create(struct tl_create *how, clockid_t clock, struct sigevent *event,
			    timer_t *place, int (*real)(clockid_t, struct sigevent *, timer_t *))
{
	int result, error;

	if (!tl_life_enter())
		return real(clock, event, place);
	tl_registry_create_begin(how, place, how->int_place);
	result = real(clock, event, place);
	error = errno;
	if (result == 0)
		tl_registry_create_end(how, clock, event,
				       how->int_place
					   ? key_of((timer_t)(uintptr_t) * (int *)place, true)
					   : (uint64_t)(uintptr_t)*place);
	else
		tl_registry_create_failed(TL_POSIX, error, how->called);
	tl_registry_leave();
	errno = error;
	return result;
}

static TL_INLINE int settime(uint64_t key, timer_t id, int flags, const struct itimerspec *value,
			     struct itimerspec *old,
			     int (*real)(timer_t, int, const struct itimerspec *,
					 struct itimerspec *))
{
	struct tl_ref ref = tl_life_enter() ? tl_registry_set_begin(key) : TL_NO_REF;
	int result, error;

	if (ref.slot == TL_NONE)
		return real(id, flags, value, old);
	result = real(id, flags, value, old);
	error = errno;
	tl_registry_set(ref, flags, value, result ? error : 0);
	errno = error;
	return result;
}

static void note_use(uint64_t key, bool ok)
{
	int error = errno;

	if (ok && tl_life_enter())
		tl_registry_used(tl_registry_posix(key));
	errno = error;
}

static TL_INLINE int delete_timer(uint64_t key, timer_t id, int (*real)(timer_t))
{
	struct tl_timer *timer;
	struct tl_ref ref;
	int result, error;

	if (!tl_life_enter())
		return real(id);
	timer = tl_registry_delete_begin(key, &ref);
	result = real(id);
	error = errno;
	tl_registry_delete_end(timer, ref, result == 0);
	errno = error;
	return result;
}

static bool have(void *const *pointer)
{
	if (tl_unlikely(!tl_load(pointer)))
		tl_real_init();
	return tl_load(pointer) != NULL;
}
#define HAVE(name, v) have((void *const *)&tl_real_##name[v])

/* One set of five a version: V is its index, OLD whether its ids are ints. */
#define DEFINE(V, OLD)                                                                          \
	int tl_timer_create_##V(clockid_t clock, struct sigevent *event, timer_t *place)        \
	{                                                                                       \
		struct tl_create how = {.called = TL_CALLED, .int_place = OLD};                 \
		return HAVE(timer_create, V)                                                    \
			   ? create(&how, clock, event, place, tl_real_timer_create[V])         \
			   : tl_hook_absent();                                                  \
	}                                                                                       \
	int tl_timer_settime_##V(timer_t id, int flags, const struct itimerspec *value,         \
				 struct itimerspec *old)                                        \
	{                                                                                       \
		return HAVE(timer_settime, V) ? settime(key_of(id, OLD), id, flags, value, old, \
							tl_real_timer_settime[V])               \
					      : tl_hook_absent();                               \
	}                                                                                       \
	int tl_timer_gettime_##V(timer_t id, struct itimerspec *value)                          \
	{                                                                                       \
		int result = HAVE(timer_gettime, V) ? tl_real_timer_gettime[V](id, value)       \
						    : tl_hook_absent();                         \
		note_use(key_of(id, OLD), result == 0);                                         \
		return result;                                                                  \
	}                                                                                       \
	int tl_timer_getoverrun_##V(timer_t id)                                                 \
	{                                                                                       \
		int result = HAVE(timer_getoverrun, V) ? tl_real_timer_getoverrun[V](id)        \
						       : tl_hook_absent();                      \
		note_use(key_of(id, OLD), result >= 0);                                         \
		return result;                                                                  \
	}                                                                                       \
	int tl_timer_delete_##V(timer_t id)                                                     \
	{                                                                                       \
		return HAVE(timer_delete, V)                                                    \
			   ? delete_timer(key_of(id, OLD), id, tl_real_timer_delete[V])         \
			   : tl_hook_absent();                                                  \
	}

#define SYMVER(name, v, version) __asm__(".symver tl_" #name "_" #v "," #name version ", remove");
#define SYMVER_ALL(v, version)               \
	SYMVER(timer_create, v, version)     \
	SYMVER(timer_settime, v, version)    \
	SYMVER(timer_gettime, v, version)    \
	SYMVER(timer_getoverrun, v, version) \
	SYMVER(timer_delete, v, version)

#if defined(__x86_64__)
SYMVER_ALL(0, "@GLIBC_2.2.5")
SYMVER_ALL(1, "@GLIBC_2.3.3")
SYMVER_ALL(2, "@@GLIBC_2.34")
DEFINE(0, true)
DEFINE(1, false)
DEFINE(2, false)
#else
SYMVER_ALL(0, "@GLIBC_2.17")
SYMVER_ALL(1, "@@GLIBC_2.34")
DEFINE(0, false)
DEFINE(1, false)
#endif
