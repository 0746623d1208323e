/* SPDX-License-Identifier: MIT */
/*
 * A library that has the handles of its timers: in a static variable, in blocks that a static or a
 * thread-local variable leads to.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct held {
	char room[600];
	timer_t timer;
};

void holder_in_static(void);
void holder_in_block(void);
void holder_in_tls(void);
void holder_tidy(void);
timer_t holder_handle(void);

static timer_t handle;
static struct held *volatile block;
static __thread struct held *volatile block_of_thread;
static int tidy;

static void make(timer_t *place)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	if (timer_create(CLOCK_MONOTONIC, &ev, place) != 0) /* MAKE */
		abort();
}

static struct held *make_block(void)
{
	struct held *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	make(&b->timer);
	return b;
}

void holder_in_static(void)
{
	make(&handle);
}

void holder_in_block(void)
{
	block = make_block();
}

void holder_in_tls(void)
{
	block_of_thread = make_block();
}

void holder_tidy(void)
{
	holder_in_static();
	tidy = 1;
}

timer_t holder_handle(void)
{
	return handle;
}

static void __attribute__((destructor)) stop(void)
{
	if (tidy)
		timer_delete(handle);
}
