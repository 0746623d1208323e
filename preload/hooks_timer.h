/* SPDX-License-Identifier: MIT */
/*
 * hooks_timer.h - the names under which the versions of the timer_* family are defined, before
 * .symver gives them their exported names. Nobody calls these.
 */
#ifndef TL_HOOKS_TIMER_H
#define TL_HOOKS_TIMER_H

#include "real.h"

#define TL_TIMER_FAMILY(v, version)                                                        \
	TL_HOT TL_EXPORT int tl_timer_create_##v(clockid_t, struct sigevent *, timer_t *); \
	TL_HOT TL_EXPORT int tl_timer_settime_##v(timer_t, int, const struct itimerspec *, \
						  struct itimerspec *);                    \
	TL_EXPORT int tl_timer_gettime_##v(timer_t, struct itimerspec *);                  \
	TL_EXPORT int tl_timer_getoverrun_##v(timer_t);                                    \
	TL_HOT TL_EXPORT int tl_timer_delete_##v(timer_t);
TL_TIMER_VERSIONS(TL_TIMER_FAMILY)
#undef TL_TIMER_FAMILY

#endif
