/* SPDX-License-Identifier: MIT */
/*
 * heap.h - what victims of the heap's tests share: a context with its timer, as programs have them.
 *
 * They are compiled without built-ins: what is stored into a block must be there when it is freed.
 */
#ifndef HEAP_H
#define HEAP_H

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define BIG ((size_t)1 << 20)

/* The handle does not lie where free keeps its own pointers, and no earlier block had this size. */
struct ctx {
	struct ctx *next;
	char room[600];
	timer_t timer;
};

static inline struct ctx *new_ctx(void)
{
	struct ctx *c = (struct ctx *)calloc(1, sizeof(*c));

	MUST(c != NULL);
	return c;
}

static inline void make_as(int notify, timer_t *place, void *payload, void (*fn)(union sigval))
{
	struct sigevent ev;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = notify;
	ev.sigev_signo = SIGRTMIN;
	ev.sigev_value.sival_ptr = payload;
	if (fn)
		ev.sigev_notify_function = fn;
	MUST(timer_create(CLOCK_MONOTONIC, &ev, place) == 0); /* MAKE */
}

static inline void make(timer_t *place)
{
	make_as(SIGEV_NONE, place, NULL, NULL);
}

static inline void make_none(timer_t *place, void *payload)
{
	make_as(SIGEV_NONE, place, payload, NULL);
}

static inline void make_for(timer_t *place, void *payload)
{
	make_as(SIGEV_SIGNAL, place, payload, NULL);
}

static inline void call_back(union sigval v)
{
	(void)v;
}

static inline void make_thread(timer_t *place, void *payload)
{
	make_as(SIGEV_THREAD, place, payload, call_back);
}

static inline void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* From now on another thread might free or unmap something. */
static inline void be_two(void)
{
	pthread_t other;

	MUST(pthread_create(&other, NULL, sleep_on, NULL) == 0);
}

static inline void set(timer_t t, time_t seconds)
{
	struct itimerspec value = {{0, 0}, {seconds, 0}};

	MUST(timer_settime(t, 0, &value, NULL) == 0);
}

static inline void arm(timer_t t)
{
	set(t, 60);
}

static inline void disarm(timer_t t)
{
	set(t, 0);
}

/* The first id of a process is 0, and a place with 0 in it would still hold it. */
static inline void spend_id_0(void)
{
	timer_t t;

	make(&t);
	MUST(timer_delete(t) == 0);
}

/* malloc knows where the rest of its heap begins: an address within the last usable bytes of the
 * block before. Behind this one no other is the last. */
static inline void put_last(void)
{
	static void *volatile last __attribute__((unused));

	last = new_ctx();
}

#endif
