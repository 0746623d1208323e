/* SPDX-License-Identifier: MIT */
/* Unit tests of the audit: epoll sets, waiting threads, pending signals. */
#include "audit_fake.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECOND 1000000000l
#define MILLI  1000000l

/* Calls that only wait; what they return does not matter. */
static void ignore(long result)
{
	(void)result;
}

static int add(int epfd, int fd, uint64_t data)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};

	return epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event);
}

static uint32_t closed_in_epoll(void)
{
	return fake_site.hazards[TL_HAZ_CLOSED_IN_EPOLL];
}

/* ---- epoll ------------------------------------------------------------------------------------
 */

static void test_in_epoll(void **state)
{
	struct tl_timer *in = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *out = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *removed = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	int epfd = epoll_create1(0);

	(void)state;
	assert_int_equal(add(epfd, fake_fd(in), 0xfedcba9876543210u), 0);
	assert_int_equal(add(epfd, fake_fd(removed), 7), 0);
	epoll_ctl(epfd, EPOLL_CTL_DEL, fake_fd(removed), NULL);
	tl_audit_run();
	close(epfd);
	assert_true(fake_has(in, TL_FACT_IN_EPOLL));
	assert_true(in->payload == 0xfedcba9876543210u);
	assert_int_equal(tl_watch_set_of(in), epfd);
	assert_false((more_of(out)->facts | more_of(removed)->facts) & TL_FACT_IN_EPOLL);
	assert_true(fake_header.evidence & TL_EV_EPOLL);
	assert_int_equal(closed_in_epoll(), 0);
}

/* Registered by a number that was closed while a duplicate lives; the number is a new timer now. */
static void test_closed_in_epoll(void **state)
{
	struct tl_timer *t = fake_timerfd(CLOCK_MONOTONIC, 0, 0), *next;
	struct tl_timer *fine = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	int epfd = epoll_create1(0), first = fake_fd(t);

	(void)state;
	assert_int_equal(add(epfd, first, 0x1234), 0);
	assert_int_equal(add(epfd, fake_fd(fine), 5), 0);
	fake_register(t, epfd); /* as the hooks record it */
	fake_register(fine, epfd);
	t->payload = 0x1234;
	fine->payload = 5;
	fake_dup(t, dup(first));
	fake_dup(fine, dup(fake_fd(fine)));
	tl_audit_run();
	assert_int_equal(closed_in_epoll(), 0);
	fake_close(first);
	next = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	assert_int_equal(fake_fd(next), first);
	tl_audit_run();
	assert_int_equal(closed_in_epoll(), 1);
	assert_true(fake_has(t, TL_FACT_IN_EPOLL));
	assert_int_equal(t->payload, 0x1234);
	assert_false(more_of(next)->facts & TL_FACT_IN_EPOLL);
	more_of(t)->epoll_number = first; /* the hook of close has counted it */
	tl_audit_run();
	assert_int_equal(closed_in_epoll(), 1);
	assert_true(fake_has(t, TL_FACT_IN_EPOLL));
	more_of(t)->epoll_number = -1;
	fake_site.hazards[TL_HAZ_CLOSED_IN_EPOLL] = 0;
	assert_int_equal(add(epfd, first, 9), 0); /* two lines of one number */
	tl_audit_run();
	assert_true(fake_has(next, TL_FACT_IN_EPOLL));
	assert_int_equal(next->payload, 9);
	assert_int_equal(t->payload, 0x1234);
	assert_int_equal(closed_in_epoll(), 1);
	close(epfd);
}

/* ---- threads that wait ------------------------------------------------------------------------
 */

enum how {
	BY_READ,
	BY_READV,
	BY_POLL,
	BY_PPOLL,
	BY_SELECT,
	BY_PSELECT,
	BY_EPOLL,
	BY_EPOLL_PWAIT,
	BY_NESTED_EPOLL,
	BY_POLL_OF_EPOLL,
	BY_SIGWAIT,
	BY_SIGNALFD,
	NOT_WRITE_SET,
	NOT_POLLOUT,
	NOT_PAUSE,
	NOT_OTHER_FD,
	NOT_OTHER_SIGNAL,
	HOWS
};

struct waiter {
	enum how how;
	int fd, epfd, outer, signals;
	uint32_t tid;
};

static void wait_by_fd(struct waiter *w, sigset_t *set)
{
	struct pollfd fds[] = {{w->outer, POLLIN, 0}, {w->fd, POLLIN, 0}};
	struct timespec hour = {3600, 0};
	struct epoll_event event;
	struct iovec iov;
	uint64_t ticks;
	fd_set fdset;

	FD_ZERO(&fdset);
	FD_SET(w->fd, &fdset);
	iov = (struct iovec){&ticks, 8};
	fcntl(w->fd, F_SETFL, 0);
	switch (w->how) {
	case BY_READ:
		ignore(read(w->fd, &ticks, 8));
		break;
	case BY_READV:
		ignore(readv(w->fd, &iov, 1));
		break;
	case BY_POLL:
		ignore(poll(fds + 1, 1, -1));
		break;
	case BY_PPOLL:
		ignore(ppoll(fds + 1, 1, &hour, set));
		break;
	case BY_SELECT:
		ignore(select(w->fd + 1, &fdset, NULL, NULL, NULL));
		break;
	case BY_PSELECT:
		ignore(pselect(w->fd + 1, &fdset, NULL, NULL, &hour, set));
		break;
	case BY_EPOLL:
		epoll_wait(w->epfd, &event, 1, -1);
		break;
	case BY_EPOLL_PWAIT:
		epoll_pwait(w->epfd, &event, 1, -1, set);
		break;
	case BY_NESTED_EPOLL:
		epoll_wait(w->outer, &event, 1, -1);
		break;
	case BY_POLL_OF_EPOLL:
		ignore(poll(fds, 1, -1));
		break;
	case NOT_WRITE_SET:
		ignore(select(w->fd + 1, NULL, NULL, &fdset, NULL));
		break;
	case NOT_POLLOUT:
		fds[1].events = POLLPRI;
		ignore(poll(fds + 1, 1, -1));
		break;
	default:
		pause();
	}
}

static void *wait_here(void *arg)
{
	struct waiter *w = arg;
	struct signalfd_siginfo info;
	sigset_t set, all;

	tl_store(&w->tid, (uint32_t)tl_sys_gettid());
	sigfillset(&all);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + (w->how == NOT_OTHER_SIGNAL));
	if (w->how == BY_SIGWAIT || w->how == NOT_OTHER_SIGNAL)
		sigwaitinfo(&set, NULL);
	else if (w->how == BY_SIGNALFD || w->how == NOT_OTHER_FD)
		ignore(read(w->signals, &info, sizeof(info)));
	else
		wait_by_fd(w, &all);
	return NULL;
}

static bool waits_for_signal(enum how how)
{
	return how == BY_SIGWAIT || how == BY_SIGNALFD;
}

static void check_wait(enum how how)
{
	struct tl_timer *fd = fake_timerfd(CLOCK_MONOTONIC, 3600 * SECOND, 0);
	struct tl_timer *signal = fake_posix(TL_NOTIFY_SIGNAL, SIGRTMIN, 3600 * SECOND, 0);
	struct tl_timer *callback = fake_posix(TL_NOTIFY_THREAD, SIGRTMIN, 0, 0);
	struct tl_timer *other = fake_posix(TL_NOTIFY_THREAD_ID, SIGRTMIN, 3600 * SECOND, 0);
	struct waiter w = {.how = how, .fd = fake_fd(fd)};
	bool by_signal = waits_for_signal(how), proof = how < NOT_WRITE_SET;
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, how == NOT_OTHER_FD ? SIGUSR1 : SIGRTMIN);
	w.signals = signalfd(-1, &set, 0);
	w.epfd = epoll_create1(0);
	w.outer = epoll_create1(0);
	add(w.epfd, w.fd, 1);
	add(w.outer, w.epfd, 2);
	pthread_create(&thread, NULL, wait_here, &w);
	/* On a busy machine it takes a while until the thread waits. */
	for (int i = 0;
	     i < 50 &&
	     (i == 0 || (proof && !fake_has(by_signal ? signal : fd, TL_FACT_BLOCKED_ON)));
	     i++) {
		fake_sleep_ms(20);
		tl_audit_run();
	}
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	close(w.signals);
	close(w.epfd);
	close(w.outer);
	assert_true(fake_header.evidence & TL_EV_TASKS);
	assert_int_equal(fake_has(fd, TL_FACT_BLOCKED_ON), proof && !by_signal);
	assert_int_equal(fake_has(signal, TL_FACT_BLOCKED_ON), by_signal);
	assert_false((more_of(callback)->facts | more_of(other)->facts) & TL_FACT_BLOCKED_ON);
	assert_int_equal((by_signal ? signal : fd)->service_tid, proof ? w.tid : 0);
}

static void test_waits(void **state)
{
	for (int how = 0; how < HOWS; how++) {
		fake_reset(state);
		print_message("way %d\n", how);
		check_wait(how);
	}
}

/* What a thread waits for may be unmapped by then: it is not in use any more. */
static void *poll_what_is_here(void *arg)
{
	ignore(poll(arg, 1, -1));
	return NULL;
}

static void test_unmapped_poll_set(void **state)
{
	/* Where no mapping of the audit's own will come to lie. */
	struct pollfd *fds = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	struct tl_timer *t = fake_timerfd(CLOCK_MONOTONIC, SECOND, 0);
	pthread_t thread;

	(void)state;
	*fds = (struct pollfd){fake_fd(t), POLLIN, 0};
	pthread_create(&thread, NULL, poll_what_is_here, fds);
	fake_sleep_ms(10);
	munmap(fds, 4096);
	tl_audit_run();
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	assert_true(fake_header.evidence & TL_EV_DONE);
	assert_false(more_of(t)->facts & TL_FACT_BLOCKED_ON);
}

/* ---- pending signals --------------------------------------------------------------------------
 */

static uint32_t fired;

static void *fire_at_me(void *arg)
{
	struct tl_timer **t = arg;

	t[0] = fake_posix(TL_NOTIFY_THREAD_ID, SIGRTMIN + 1, MILLI, 0);
	t[1] = fake_posix(TL_NOTIFY_THREAD_ID, SIGRTMIN + 1, MILLI, 0);
	t[2] = fake_posix(TL_NOTIFY_THREAD_ID, SIGRTMIN + 2, 3600 * SECOND, 0);
	tl_store_release(&fired, 1);
	pause();
	return NULL;
}

static void test_pending(void **state)
{
	struct tl_timer *t[4], *own[3], *other_thread[3];
	pthread_t thread;
	sigset_t set;

	(void)state;
	sigfillset(&set);
	sigdelset(&set, SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	t[0] = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, MILLI, 0);
	t[1] = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 3600 * SECOND, 0);
	t[2] = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR2, MILLI, 0);
	t[3] = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, MILLI, MILLI);
	own[0] = fake_posix(TL_NOTIFY_THREAD_ID, SIGRTMIN, MILLI, 0);
	own[1] = fake_posix(TL_NOTIFY_THREAD_ID, SIGRTMIN, MILLI, 0);
	own[1]->flags |= TL_F_DISARMED;
	own[2] = fake_posix(TL_NOTIFY_SIGNAL, SIGRTMIN, MILLI, 0); /* the process's, taken */
	pthread_create(&thread, NULL, fire_at_me, other_thread);
	while (!tl_load_acquire(&fired))
		fake_sleep_ms(1);
	fake_sleep_ms(30);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	for (int i = 0; i < 3; i++) /* thread's own two first, then the process's */
		assert_int_equal(sigwaitinfo(&set, NULL), SIGRTMIN);
	fake_arm(own[0], MILLI, 0);
	fake_sleep_ms(20);
	tl_audit_run();
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	fake_end();
	assert_true(fake_has(t[0], TL_FACT_PENDING) && fake_has(t[3], TL_FACT_PENDING));
	assert_true(fake_has(own[0], TL_FACT_PENDING));
	assert_true(fake_has(other_thread[0], TL_FACT_PENDING));
	assert_true(fake_has(other_thread[1], TL_FACT_PENDING));
	assert_false((more_of(t[1])->facts | more_of(t[2])->facts | more_of(own[1])->facts |
		      more_of(own[2])->facts | more_of(other_thread[2])->facts) &
		     TL_FACT_PENDING);
	assert_int_equal(fake_header.pending_shared, 2);
	assert_true(fake_header.evidence & TL_EV_PENDING);
	signal(SIGUSR1, SIG_IGN); /* throws away what is pending */
	sigfillset(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGUSR1, SIG_DFL);
}

#define tl_test(f) cmocka_unit_test_setup_teardown(f, fake_reset, fake_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    tl_test(test_in_epoll),	     tl_test(test_closed_in_epoll), tl_test(test_waits),
	    tl_test(test_unmapped_poll_set), tl_test(test_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
