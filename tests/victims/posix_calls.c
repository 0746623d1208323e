/* SPDX-License-Identifier: MIT */
/*
 * POSIX timers: each kind of notification, each way to set, and calls that fail. The handle is in
 * a frame that has gone at the end, so nothing but the calls decides.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1000000};
static const struct itimerspec never;
static const struct itimerspec bad = {.it_value.tv_nsec = 1000000000};

static void nothing(union sigval v)
{
	(void)v;
}

static NOINLINE timer_t make(int notify)
{
	struct sigevent ev = {.sigev_notify = notify, .sigev_signo = SIGRTMIN};
	timer_t t;

	if (notify == SIGEV_THREAD)
		ev.sigev_notify_function = nothing;
	if (notify == SIGEV_THREAD_ID)
		ev._sigev_un._tid = (int)syscall(SYS_gettid);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
	return t;
}

static void set(timer_t t, int flags, const struct itimerspec *v)
{
	MUST(timer_settime(t, flags, v, NULL) == 0);
}

static void kind_none(void)
{
	make(SIGEV_NONE);
}

static void kind_signal(void)
{
	make(SIGEV_SIGNAL);
}

static void kind_thread(void)
{
	make(SIGEV_THREAD);
}

static void kind_thread_id(void)
{
	make(SIGEV_THREAD_ID);
}

static void kind_null(void)
{
	timer_t t;

	MUST(timer_create(CLOCK_REALTIME, NULL, &t) == 0);
}

static void kinds_deleted(void)
{
	MUST(timer_delete(make(SIGEV_NONE)) == 0);
	MUST(timer_delete(make(SIGEV_SIGNAL)) == 0);
	MUST(timer_delete(make(SIGEV_THREAD)) == 0);
	MUST(timer_delete(make(SIGEV_THREAD_ID)) == 0);
}

static void armed(void)
{
	set(make(SIGEV_NONE), 0, &minute);
}

static void rearmed(void)
{
	timer_t t = make(SIGEV_NONE);

	set(t, 0, &soon);
	usleep(3000);
	set(t, 0, &minute);
}

static void periodic(void)
{
	struct itimerspec every = {{0, 1000000}, {0, 1000000}};

	set(make(SIGEV_NONE), 0, &every);
	usleep(5000);
}

static void absolute(void)
{
	struct itimerspec when = {0};

	MUST(clock_gettime(CLOCK_MONOTONIC, &when.it_value) == 0);
	when.it_value.tv_sec += 60;
	set(make(SIGEV_NONE), TIMER_ABSTIME, &when);
}

static void absolute_past(void)
{
	struct itimerspec when = {.it_value.tv_nsec = 1};

	set(make(SIGEV_NONE), TIMER_ABSTIME, &when);
	usleep(1000);
}

static void expired(void)
{
	set(make(SIGEV_NONE), 0, &soon);
	usleep(5000);
}

static void disarmed(void)
{
	timer_t t = make(SIGEV_NONE);

	set(t, 0, &minute);
	set(t, 0, &never);
}

static void create_fails(void)
{
	struct sigevent ev = {.sigev_notify = 77};
	timer_t t;

	MUST(timer_create(99, NULL, &t) < 0 && errno == EINVAL);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) < 0 && errno == EINVAL);
}

static void delete_fails(void)
{
	timer_t t = make(SIGEV_NONE);

	MUST(timer_delete((timer_t)((char *)t + 1000)) < 0 && errno == EINVAL);
}

static void delete_twice(void)
{
	timer_t t = make(SIGEV_NONE);

	MUST(timer_delete(t) == 0);
	MUST(timer_delete(t) < 0 && errno == EINVAL);
	MUST(timer_settime(t, 0, &minute, NULL) < 0 && errno == EINVAL);
	make(SIGEV_NONE);
}

static void arm_fails(void)
{
	MUST(timer_settime(make(SIGEV_NONE), 0, &bad, NULL) < 0 && errno == EINVAL);
}

static void arm_fails_then_armed(void)
{
	timer_t t = make(SIGEV_NONE);

	MUST(timer_settime(t, 0, &bad, NULL) < 0);
	set(t, 0, &minute);
}

static void arm_fails_then_asked(void)
{
	struct itimerspec left;
	timer_t t = make(SIGEV_NONE);

	MUST(timer_settime(t, 0, &bad, NULL) < 0);
	MUST(timer_gettime(t, &left) == 0);
}

static void armed_then_fails(void)
{
	timer_t t = make(SIGEV_NONE);

	set(t, 0, &minute);
	MUST(timer_settime(t, 0, &bad, NULL) < 0);
}

static void answers(void)
{
	struct itimerspec left, old, every = {{0, 1000000}, {0, 1000000}};
	timer_t t = make(SIGEV_SIGNAL);
	sigset_t s;
	siginfo_t info;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	set(t, 0, &every);
	usleep(20000);
	MUST(sigwaitinfo(&s, &info) == SIGRTMIN);
	printf("overrun %d\n", timer_getoverrun(t) > 5);
	MUST(timer_gettime(t, &left) == 0 && timer_settime(t, 0, &minute, &old) == 0);
	printf("intervals %ld %ld\n", left.it_interval.tv_nsec, old.it_interval.tv_nsec);
	errno = EXFULL;
	MUST(timer_delete(t) == 0 && errno == EXFULL);
}

/* Whose signal it is can be said where no other timer sends it: the first one does no longer. */
static void deleted_while_pending(void)
{
	timer_t t = make(SIGEV_SIGNAL);
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	MUST(timer_delete(t) == 0);
	t = make(SIGEV_SIGNAL);
	set(t, 0, &soon);
	usleep(20000);
	MUST(timer_delete(t) == 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(kind_none),
	    CASE(kind_signal),
	    CASE(kind_thread),
	    CASE(kind_null),
	    CASE(kind_thread_id),
	    CASE(kinds_deleted),
	    CASE(armed),
	    CASE(rearmed),
	    CASE(periodic),
	    CASE(absolute),
	    CASE(absolute_past),
	    CASE(expired),
	    CASE(disarmed),
	    CASE(create_fails),
	    CASE(delete_fails),
	    CASE(delete_twice),
	    CASE(arm_fails),
	    CASE(arm_fails_then_armed),
	    CASE(answers),
	    CASE(deleted_while_pending),
	    CASE(arm_fails_then_asked),
	    CASE(armed_then_fails),
	};

	return RUN_CASE(cases, argc, argv);
}
