/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls -lstdc++ */
/*
 * hook_costs N: calls each hook N and then 2 N times. Such a stretch lies between two marks, for
 * Callgrind (counts from zero, then a dump under its name) and for strace (a write that fails): one
 * run shows what a call of each costs, and whatever is not done for each call cancels out.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

#include "cases.h"

enum { MOST = 4000, SIZE = 64 };

void *operator_new(size_t size) __asm__("_Znwm");
void operator_delete(void *block) __asm__("_ZdlPv");

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1};

static void *blocks[2 * MOST];
static int other, pipes[2], set, ready;
static timer_t timer, *live;

/* ---- the heap: a stretch of one takes what the one before it left -----------------------------
 */

static void use_malloc(long n)
{
	for (long i = 0; i < n; i++)
		blocks[i] = malloc(SIZE);
}

static void use_calloc(long n)
{
	for (long i = 0; i < n; i++)
		blocks[i] = calloc(1, SIZE);
}

static void use_realloc(long n)
{
	for (long i = 0; i < n; i++)
		blocks[i] = realloc(blocks[i], 3 * SIZE);
}

static void use_free(long n)
{
	for (long i = 0; i < n; i++)
		free(blocks[i]);
}

static void use_new(long n)
{
	for (long i = 0; i < n; i++)
		blocks[i] = operator_new(SIZE);
}

static void use_delete(long n)
{
	for (long i = 0; i < n; i++)
		operator_delete(blocks[i]);
}

/* Where the innermost frames are seldom those of the call before. */
static NOINLINE void *from_below(long depth)
{
	return depth ? from_below(depth - 1) : malloc(SIZE);
}

static void use_malloc_moving(long n)
{
	for (long i = 0; i < n; i++)
		blocks[i] = from_below(i * 5 % 8);
}

/* ---- descriptors that are no timers -----------------------------------------------------------
 */

static void use_read(long n)
{
	char byte;

	for (long i = 0; i < n; i++)
		MUST(read(other, &byte, 1) == 1);
}

static void use_dup(long n)
{
	for (long i = 0; i < n; i++)
		MUST(close(dup(other)) == 0);
}

static void use_fcntl(long n)
{
	for (long i = 0; i < n; i++)
		MUST(fcntl(other, F_GETFD) >= 0);
}

static void use_poll(long n)
{
	struct pollfd fd = {.fd = other, .events = POLLIN};

	for (long i = 0; i < n; i++)
		MUST(poll(&fd, 1, 0) == 1);
}

static void use_epoll_ctl(long n)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = pipes[0]};

	for (long i = 0; i < n; i++)
		MUST(epoll_ctl(set, EPOLL_CTL_MOD, pipes[0], &event) == 0);
}

static void use_epoll_wait(long n)
{
	struct epoll_event event;

	for (long i = 0; i < n; i++)
		MUST(epoll_wait(set, &event, 1, 0) == 0);
}

/* ---- POSIX timers, by where their handle lies --------------------------------------------------
 */

static void cycle(timer_t *t, int notify)
{
	struct sigevent event = {.sigev_notify = notify, .sigev_signo = SIGUSR1};

	MUST(timer_create(CLOCK_MONOTONIC, &event, t) == 0);
	MUST(timer_settime(*t, 0, &minute, NULL) == 0);
	MUST(timer_delete(*t) == 0);
}

static void use_timer_stack(long n)
{
	timer_t t;

	for (long i = 0; i < n; i++)
		cycle(&t, SIGEV_NONE);
}

static void use_timer_signal(long n)
{
	timer_t t;

	for (long i = 0; i < n; i++)
		cycle(&t, SIGEV_SIGNAL);
}

static void use_timer_static(long n)
{
	static timer_t t;

	for (long i = 0; i < n; i++)
		cycle(&t, SIGEV_NONE);
}

/* With a block of its own each time, as a request has. */
static void use_timer_heap(long n)
{
	for (long i = 0; i < n; i++) {
		struct {
			char name[40];
			timer_t t;
		} *request = malloc(sizeof(*request));

		MUST(request);
		cycle(&request->t, SIGEV_NONE);
		free(request);
	}
}

/* Many live ones whose handles lie in one block. */
static void use_timer_create(long n)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};

	for (long i = 0; i < n; i++)
		MUST(timer_create(CLOCK_MONOTONIC, &event, &live[i]) == 0);
}

static void use_timer_delete(long n)
{
	for (long i = 0; i < n; i++)
		MUST(timer_delete(live[i]) == 0);
}

static void use_timer_settime(long n)
{
	for (long i = 0; i < n; i++)
		MUST(timer_settime(timer, 0, &minute, NULL) == 0);
}

/* ---- timerfds ----------------------------------------------------------------------------------
 */

static void use_timerfd_settime(long n)
{
	for (long i = 0; i < n; i++)
		MUST(timerfd_settime(ready, 0, &minute, NULL) == 0);
}

static void use_timerfd(long n)
{
	for (long i = 0; i < n; i++) {
		int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

		MUST(fd >= 0 && timerfd_settime(fd, 0, &minute, NULL) == 0 && close(fd) == 0);
	}
}

static void use_timerfd_read(long n)
{
	unsigned long long ticks;

	for (long i = 0; i < n; i++) {
		MUST(timerfd_settime(ready, 0, &soon, NULL) == 0);
		MUST(read(ready, &ticks, sizeof(ticks)) == sizeof(ticks));
	}
}

static void use_timerfd_poll(long n)
{
	struct pollfd fd = {.fd = ready, .events = POLLIN};

	for (long i = 0; i < n; i++)
		MUST(poll(&fd, 1, 0) == 0);
}

static void use_timerfd_epoll(long n)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = ready};

	for (long i = 0; i < n; i++) {
		MUST(epoll_ctl(set, EPOLL_CTL_ADD, ready, &event) == 0);
		MUST(epoll_ctl(set, EPOLL_CTL_DEL, ready, NULL) == 0);
	}
}

/* ---- the frame around them ---------------------------------------------------------------------
 */

static void begin(void)
{
	MUST(write(-1, "begin", 5) < 0);
	CALLGRIND_ZERO_STATS;
}

static void end(const char *name, long count)
{
	char text[64];
	int size = snprintf(text, sizeof(text), "%s %ld", name, count);

	CALLGRIND_DUMP_STATS_AT(text);
	MUST(write(-1, text, (size_t)size) < 0);
}

static NOINLINE void call_from(int depth, void (*use)(long), long n)
{
	if (depth)
		call_from(depth - 1, use, n);
	else
		use(n);
	__asm__ volatile("" ::: "memory"); /* no tail call */
}

/* Steps that belong together: what one leaves, the next takes. Those without a name do not count.
 */
struct group {
	int depth;
	struct step {
		const char *name;
		void (*use)(long);
	} step[3];
};

static void go(const struct group *g, long n, bool counts)
{
	for (const struct step *s = g->step; s < g->step + 3 && s->use; s++) {
		if (s->name && counts)
			begin();
		call_from(g->depth, s->use, n);
		if (s->name && counts)
			end(s->name, n);
	}
}

static const struct group groups[] = {
    {10, {{"malloc_10", use_malloc}, {"free_10", use_free}}},
    {25, {{"malloc_25", use_malloc}, {"realloc_25", use_realloc}, {"free_25", use_free}}},
    {60, {{"malloc_60", use_malloc}, {"free_60", use_free}}},
    {25, {{"calloc_25", use_calloc}, {NULL, use_free}}},
    {25, {{"new_25", use_new}, {"delete_25", use_delete}}},
    {25, {{"malloc_moving_25", use_malloc_moving}, {NULL, use_free}}},
    {25, {{"read", use_read}}},
    {25, {{"dup_close", use_dup}}},
    {25, {{"fcntl", use_fcntl}}},
    {25, {{"poll", use_poll}}},
    {25, {{"epoll_ctl", use_epoll_ctl}}},
    {25, {{"epoll_wait", use_epoll_wait}}},
    {25, {{"timer_none_stack", use_timer_stack}}},
    {25, {{"timer_signal_stack", use_timer_signal}}},
    {25, {{"timer_none_static", use_timer_static}}},
    {25, {{"timer_none_heap", use_timer_heap}}},
    {25, {{"timer_create_live", use_timer_create}, {"timer_delete_live", use_timer_delete}}},
    {25, {{"timer_settime", use_timer_settime}}},
    {25, {{"timerfd_cycle", use_timerfd}}},
    {25, {{"timerfd_settime", use_timerfd_settime}}},
    {25, {{"timerfd_settime_read", use_timerfd_read}}},
    {25, {{"timerfd_poll", use_timerfd_poll}}},
    {25, {{"timerfd_epoll_ctl", use_timerfd_epoll}}},
};

static void prepare(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	struct epoll_event readable = {.events = EPOLLIN};

	other = open("/dev/zero", O_RDONLY);
	set = epoll_create1(0);
	MUST(other >= 0 && set >= 0 && pipe(pipes) == 0);
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, pipes[0], &readable) == 0);
	live = malloc(2 * MOST * sizeof(*live));
	MUST(live && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	ready = timerfd_create(CLOCK_MONOTONIC, 0);
	MUST(ready >= 0 && timerfd_settime(ready, 0, &minute, NULL) == 0);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 0;

	if (n < 1 || n > MOST)
		return 2;
	prepare();
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		go(&groups[i], 2 * n, false);
		go(&groups[i], n, true);
		go(&groups[i], 2 * n, true);
	}
	return 0;
}
