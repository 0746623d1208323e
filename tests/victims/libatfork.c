/* SPDX-License-Identifier: MIT */
/*
 * A library that guards its timers with a lock, and the lock with fork handlers. Libraries of a
 * program are constructed before a preload is, so these handlers are registered first.
 */
#include <pthread.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void atfork_tick(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void make_and_close(void)
{
	close(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
}

void atfork_tick(void)
{
	pthread_mutex_lock(&lock);
	make_and_close();
	pthread_mutex_unlock(&lock);
}

static void prepare(void)
{
	pthread_mutex_lock(&lock);
	make_and_close();
}

static void after(void)
{
	make_and_close();
	pthread_mutex_unlock(&lock);
}

static void __attribute__((constructor)) start(void)
{
	pthread_atfork(prepare, after, after);
}
