/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -Wl,-z,now */
/*
 * Small stacks, cancelled threads, late destructors, many threads. Bound at the start: binding at
 * the first call takes more stack than the calls.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60};

static NOINLINE timer_t make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	return t;
}

static NOINLINE int make_fd(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(fd >= 0 && timerfd_settime(fd, 0, &minute, NULL) == 0);
	return fd;
}

static void one_each(void)
{
	timer_delete(make());
	close(make_fd());
}

/* ---- an alternate stack with a page below it that may not be touched ------------------------ */

/* Two of four are left. */
static void on_signal(int sig)
{
	(void)sig;
	make();
	make_fd();
	one_each();
}

/* What the kernel needs to deliver a signal, and half a page for what the handler calls. */
static void small_signal_stack(void)
{
	size_t size = ((size_t)sysconf(_SC_MINSIGSTKSZ) + 2048 + 15) & ~(size_t)15;
	size_t pages = (size + 4095) & ~(size_t)4095;
	char *at = mmap(NULL, 4096 + pages, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = {.ss_sp = at + 4096, .ss_size = size};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	MUST(at != MAP_FAILED && mprotect(at + 4096, pages, PROT_READ | PROT_WRITE) == 0);
	MUST(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
}

/* ---- threads with the least of stacks ------------------------------------------------------- */

static void *on_small_stack(void *arg)
{
	for (int i = 0; i < 100; i++) {
		void *volatile block = malloc(100000);

		one_each();
		free(block);
	}
	make();
	return arg;
}

static void least_stacks(void)
{
	pthread_attr_t attr;
	pthread_t t[8];

	MUST(pthread_attr_init(&attr) == 0);
	MUST(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN) == 0);
	for (int i = 0; i < 8; i++)
		MUST(pthread_create(&t[i], &attr, on_small_stack, NULL) == 0);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
}

/* ---- cancelled while they wait --------------------------------------------------------------- */

static int waited;

static void by_read(void)
{
	uint64_t ticks;

	(void)!read(waited, &ticks, sizeof(ticks));
}

static void by_readv(void)
{
	uint64_t ticks;
	struct iovec part = {&ticks, sizeof(ticks)};

	(void)!readv(waited, &part, 1);
}

static void by_poll(void)
{
	struct pollfd p = {.fd = waited, .events = POLLIN};

	poll(&p, 1, -1);
}

static void by_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(waited, &set);
	select(waited + 1, &set, NULL, NULL, NULL);
}

static void by_epoll(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(epoll, EPOLL_CTL_ADD, waited, &event);
	epoll_wait(epoll, &event, 1, -1);
}

static pid_t sleeping;

static void by_waitpid(void)
{
	waitpid(sleeping, NULL, 0);
}

static void clean(void *timer)
{
	timer_delete(*(timer_t *)timer);
}

static void *wait_so(void *how)
{
	timer_t own = make();

	pthread_cleanup_push(clean, &own);
	((void (*)(void))(uintptr_t)how)();
	pthread_cleanup_pop(1);
	return NULL;
}

/* Asynchronous cancellation is for code that calls nothing. */
static void by_computing(void)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (volatile unsigned n = 0;; n++)
		;
}

static void cancel(void (*how)(void))
{
	pthread_t thread;
	void *result;

	MUST(pthread_create(&thread, NULL, wait_so, (void *)(uintptr_t)how) == 0);
	usleep(2000);
	pthread_cancel(thread);
	MUST(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
}

/* Forks last: whatever a cancelled thread left locked would stop that. */
static void cancelled(void)
{
	static void (*const ways[])(void) = {by_read,  by_readv,   by_poll,	by_select,
					     by_epoll, by_waitpid, by_computing};

	waited = make_fd();
	sleeping = fork();
	if (!sleeping) {
		pause();
		_exit(0);
	}
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
			cancel(ways[i]);
	kill(sleeping, SIGKILL);
	waitpid(sleeping, NULL, 0);
	close(waited);
	if (fork() == 0) {
		one_each();
		_exit(0);
	}
	wait(NULL);
}

/* ---- destructors of threads' own data -------------------------------------------------------- */

static pthread_key_t key;

static void delete_late(void *timer)
{
	timer_delete(*(timer_t *)timer);
	free(timer);
	one_each();
}

static void *keep_in_key(void *arg)
{
	timer_t *timer = malloc(sizeof(*timer));

	*timer = make();
	pthread_setspecific(key, timer);
	return arg;
}

static void thread_keys(void)
{
	pthread_t t[4];

	MUST(pthread_key_create(&key, delete_late) == 0);
	for (int i = 0; i < 4; i++)
		MUST(pthread_create(&t[i], NULL, keep_in_key, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	pthread_setspecific(key, NULL);
}

/* ---- many ------------------------------------------------------------------------------------ */

#define MANY 1000
static pthread_barrier_t barrier;

static void *one_of_many(void *arg)
{
	timer_t timer;

	pthread_barrier_wait(&barrier);
	timer = make();
	one_each();
	pthread_barrier_wait(&barrier); /* all 1,000 timers are alive now */
	timer_delete(timer);
	return arg;
}

static void many_threads(void)
{
	static pthread_t t[MANY];
	pthread_attr_t attr;

	MUST(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, 65536) == 0);
	MUST(pthread_barrier_init(&barrier, NULL, MANY) == 0);
	for (int i = 0; i < MANY; i++)
		if (pthread_create(&t[i], &attr, one_of_many, NULL))
			skip("no 1,000 threads may be had");
	for (int i = 0; i < MANY; i++)
		pthread_join(t[i], NULL);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {CASE(small_signal_stack), CASE(least_stacks),
						 CASE(cancelled), CASE(thread_keys),
						 CASE(many_threads)};

	return RUN_CASE(cases, argc, argv);
}
