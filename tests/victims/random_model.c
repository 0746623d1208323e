/* SPDX-License-Identifier: MIT */
/*
 * random_model SEED [STEPS]: random calls of every kind, seen by hooks and not; at each 100th step
 * the library's table, the kernel and the model are compared (model.h). At the end it says what a
 * report must say.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "model.h"

ssize_t __read_chk(int fd, void *buf, size_t n, size_t size);

enum way { LIBC, NUMBER, UNSEEN }; /* by the libc, by syscall(), by an instruction */

static const char *const way_names[] = {"", "syscall ", "unseen "};
static uint64_t state;
static int event, set; /* an eventfd, an epoll set */
static uint64_t words[OBJECTS];

static unsigned pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 20) % n);
}

static enum way pick_way(void)
{
	unsigned n = pick(10);

	return n < 6 ? LIBC : n < 8 ? NUMBER : UNSEEN;
}

#define CALL(way, libc, nr, ...) \
	((way) == LIBC ? (libc) : (way) == NUMBER ? syscall(nr, __VA_ARGS__) : RAW(nr, __VA_ARGS__))

static struct object *new_object(void)
{
	for (struct object *o = objects; o < objects + OBJECTS; o++)
		if (!in_table(o) && !in_kernel(o)) {
			*o = (struct object){0};
			return o;
		}
	return NULL;
}

static void find_slot(struct object *o)
{
	o->slot = tally(o->posix ? TL_POSIX : TL_TIMERFD, o->id).newest;
	if (!o->slot)
		differ("no slot for a new %s", o->posix ? "POSIX timer" : "timerfd");
	created++;
}

/* ---- setting -------------------------------------------------------------------------------- */

struct setting {
	struct itimerspec value;
	int flags;
	bool zero, wrong, soon;
};

static struct setting pick_setting(int clock, bool may_be_soon)
{
	struct setting s = {.value.it_value.tv_sec = HOUR};
	struct timespec now;

	switch (pick(7)) {
	case 0:
		s.zero = true;
		s.value.it_value.tv_sec = 0;
		break;
	case 1:
		s.wrong = true;
		s.value.it_value.tv_nsec = -1;
		break;
	case 2:
		s.flags = TIMER_ABSTIME;
		MUST(clock_gettime(clock, &now) == 0);
		s.value.it_value.tv_sec = now.tv_sec + HOUR;
		break;
	case 3:
		s.value.it_interval.tv_sec = HOUR + pick(100);
		break;
	case 4:
		s.soon = may_be_soon;
		if (s.soon)
			s.value.it_value = (struct timespec){0, 1};
		break;
	}
	return s;
}

static void set_in_table(struct object *o, const struct setting *s, bool ok)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!ok) {
		o->failed++;
		if (!s->zero && !o->arms)
			o->arm_failed = true;
		return;
	}
	o->arm_failed = false;
	o->disarmed = s->zero;
	o->period = s->zero ? 0 : s->value.it_interval.tv_sec * 1000000000;
	o->arms += !s->zero;
	o->disarms += s->zero;
	o->expiry = s->zero || s->soon ? 0 : now.tv_sec + HOUR;
}

static void set_in_kernel(struct object *o, const struct setting *s, bool ok)
{
	if (!ok)
		return;
	o->armed = !s->zero && !s->soon;
	o->kernel_period = s->value.it_interval.tv_sec * 1000000000;
	if (o->posix && s->zero)
		o->kernel_period = 0;
}

/* ---- POSIX timers --------------------------------------------------------------------------- */

static void on_thread(union sigval value)
{
	(void)value;
}

static bool pick_event(struct object *o, struct sigevent *ev, enum way way)
{
	unsigned kind = pick(way == LIBC ? 5 : 4);

	ev->sigev_signo = o->signo = SIGRTMIN + (int)pick(3);
	ev->sigev_value.sival_ptr = &words[o - objects];
	o->payload = (uintptr_t)ev->sigev_value.sival_ptr;
	o->notify = TL_NOTIFY_SIGNAL;
	if (kind == 0) {
		ev->sigev_notify = SIGEV_NONE;
		o->notify = TL_NOTIFY_NONE;
		o->none = true;
		o->signo = 0;
	} else if (kind == 1) {
		ev->sigev_notify = SIGEV_THREAD_ID;
		ev->_sigev_un._tid = getpid();
		o->notify = TL_NOTIFY_THREAD_ID;
	} else if (kind == 4) {
		ev->sigev_notify = SIGEV_THREAD;
		ev->sigev_notify_function = on_thread;
		o->notify = TL_NOTIFY_THREAD;
		o->thread = true;
		o->signo = 0;
	}
	return kind != 3; /* without an event: SIGALRM */
}

static void posix_create(void)
{
	static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, 99};
	struct object *o = new_object();
	enum way way = pick_way();
	struct sigevent ev = {0};
	bool with_event;
	union {
		timer_t timer;
		int id;
	} * to;

	if (!o)
		return;
	o->clock = clocks[pick(20) ? pick(3) : 3];
	with_event = pick_event(o, &ev, way);
	to = (void *)&words[o - objects];
	to->timer = NULL;
	if (CALL(way, timer_create(o->clock, with_event ? &ev : NULL, &to->timer), SYS_timer_create,
		 o->clock, with_event ? &ev : NULL, to) != 0) {
		note("%stimer_create(%d) failed", way_names[way], o->clock);
		return;
	}
	o->used = o->posix = true;
	o->raw = way != LIBC;
	o->id = o->raw ? (uint64_t)to->id : (uint64_t)(uintptr_t)to->timer;
	o->in_kernel = true;
	o->in_table = way != UNSEEN;
	o->place = to;
	o->flags = o->raw ? TL_F_RAW | TL_F_INT_PLACE : 0;
	if (!with_event) {
		o->signo = SIGALRM;
		o->payload = o->id;
	}
	note("%stimer_create(%d, notify %d) = %llx", way_names[way], o->clock, o->notify,
	     (unsigned long long)o->id);
	if (way != UNSEEN)
		find_slot(o);
}

static struct object *pick_posix(void)
{
	unsigned first = pick(OBJECTS);

	for (unsigned i = 0; i < OBJECTS; i++) {
		struct object *o = &objects[(first + i) % OBJECTS];

		if (o->posix && (in_table(o) || in_kernel(o)))
			return o;
	}
	return NULL;
}

#define TIMER(o) ((timer_t)(uintptr_t)(o)->id)

/* Glibc's own record of a SIGEV_THREAD timer has the kernel's id. */
static enum way way_for(const struct object *o)
{
	return o->thread ? LIBC : pick_way();
}

static void posix_set(void)
{
	struct object *o = pick_posix();
	struct setting s;
	enum way way;
	bool ok;

	if (!o)
		return;
	way = way_for(o);
	s = pick_setting(o->clock, !o->thread);
	ok = CALL(way, timer_settime(TIMER(o), s.flags, &s.value, NULL), SYS_timer_settime, o->id,
		  s.flags, &s.value, NULL) == 0;
	note("%stimer_settime(%llx, %lld s) %s", way_names[way], (unsigned long long)o->id,
	     (long long)s.value.it_value.tv_sec, ok ? "ok" : "failed");
	if (ok != (o->in_kernel && !s.wrong))
		differ("timer_settime is %d", ok);
	if (way != UNSEEN && o->in_table)
		set_in_table(o, &s, ok);
	set_in_kernel(o, &s, ok);
}

static void posix_ask(void)
{
	struct object *o = pick_posix();
	struct itimerspec is;
	enum way way;
	bool ok;

	if (!o)
		return;
	way = way_for(o);
	if (pick(2))
		ok = CALL(way, timer_gettime(TIMER(o), &is), SYS_timer_gettime, o->id, &is) == 0;
	else
		ok = CALL(way, timer_getoverrun(TIMER(o)), SYS_timer_getoverrun, o->id) >= 0;
	note("%stimer_gettime or getoverrun(%llx) %d", way_names[way], (unsigned long long)o->id,
	     ok);
	if (ok != o->in_kernel)
		differ("the answer is %d", ok);
	if (ok && way != UNSEEN)
		o->arm_failed = false;
}

/* What the table alone knows it will know for ever. */
static bool may_be_unseen(void)
{
	int forever = 0;

	for (const struct object *o = objects; o < objects + OBJECTS; o++)
		forever += o->posix && o->in_table && !o->in_kernel;
	return forever < 12;
}

static void posix_delete(void)
{
	struct object *o = pick_posix();
	enum way way;
	bool ok;

	if (!o)
		return;
	if (!pick(10)) {
		note("timer_delete of a bad id");
		MUST(timer_delete((timer_t)123456789L) < 0);
		MUST(syscall(SYS_timer_delete, 123456789) < 0);
	}
	way = may_be_unseen() ? way_for(o) : LIBC;
	ok = CALL(way, timer_delete(TIMER(o)), SYS_timer_delete, o->id) == 0;
	note("%stimer_delete(%llx) %s", way_names[way], (unsigned long long)o->id,
	     ok ? "ok" : "failed");
	if (ok != o->in_kernel)
		differ("timer_delete is %d", ok);
	if (ok && way != UNSEEN)
		o->in_table = false;
	o->in_kernel = false;
}

#include "random_model_fd.h"

/* ---- the whole ------------------------------------------------------------------------------ */

static void (*const steps[])(void) = {
    posix_create, posix_create, posix_set,  posix_set, posix_set, posix_ask,   posix_delete,
    posix_delete, fd_create,	fd_create,  fd_arm,    fd_arm,	  fd_arm,      fd_ask,
    fd_read,	  fd_read,	fd_read,    fd_close,  fd_close,  fd_copy,     fd_copy,
    fd_copy,	  fd_copy_to,	fd_copy_to, fd_range,  fd_stream, fd_in_epoll, fd_bad,
};

/* Where a number stands for different timers in table and kernel no audit can tell. */
static void tidy(void)
{
	for (int fd = 3; fd < NUMBERS; fd++)
		if (table[fd] >= 0 && kernel[fd] >= 0 && table[fd] != kernel[fd]) {
			MUST(close(fd) == 0);
			table[fd] = kernel[fd] = -1;
		}
}

static bool known(const struct object *o)
{
	for (int fd = 3; fd < NUMBERS && !o->posix; fd++)
		if (table[fd] == o - objects && kernel[fd] == o - objects)
			return true;
	return o->posix && o->in_table && o->in_kernel;
}

static void say(void)
{
	unsigned live = 0, untracked = 0;

	for (const struct object *o = objects; o < objects + OBJECTS; o++) {
		live += o->used && known(o);
		untracked += in_kernel(o) && !known(o);
	}
	printf("{\"created\":%llu,\"live\":%u,\"untracked\":%u}\n", (unsigned long long)created,
	       live, untracked);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 10000;
	const struct rlimit files = {NUMBERS, NUMBERS};
	sigset_t all;

	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	memset(table, -1, sizeof(table));
	memset(kernel, -1, sizeof(kernel));
	MUST(setrlimit(RLIMIT_NOFILE, &files) == 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	MUST(RAW(SYS_close_range, 3, ~0u, 0) == 0); /* whoever started us may have left some */
	MUST((event = eventfd(0, 0)) >= 0 && (set = epoll_create1(0)) >= 0);
	MUST(close(timerfd_create(CLOCK_MONOTONIC, 0)) == 0); /* the trace begins */
	created = 1;
	if (!find_trace())
		skip("no trace is mapped");
	for (step = 1; step <= count; step++) {
		if (!pick(200))
			fork_child();
		else if (!pick(200))
			fail_to_exec();
		else
			steps[pick(sizeof(steps) / sizeof(*steps))]();
		if (step % 100 == 0)
			compare();
	}
	tidy();
	say();
	return 0;
}
