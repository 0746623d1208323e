/* SPDX-License-Identifier: MIT */
/* twin.h - the code of two libraries that differ in a name alone, so that one fits in where the
 * other lay. */
#ifndef TWIN_H
#define TWIN_H

#include <signal.h>
#include <time.h>

int twin(void);

#define TWIN(name)                                                       \
	static __attribute__((noinline)) int name(void)                  \
	{                                                                \
		struct sigevent ev = {.sigev_notify = SIGEV_NONE};       \
		timer_t timer;                                           \
		int failed = timer_create(CLOCK_MONOTONIC, &ev, &timer); \
                                                                         \
		__asm__ volatile("");                                    \
		return failed;                                           \
	}                                                                \
	int twin(void)                                                   \
	{                                                                \
		return name() != 0;                                      \
	}

#endif
