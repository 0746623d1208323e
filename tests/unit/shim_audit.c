/* SPDX-License-Identifier: MIT */
/* Unit tests of the audit: does the table agree with what the kernel shows. */
#include "audit_fake.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND 1000000000l
#define MILLI  1000000l
#define ALL_EVIDENCE                                                                         \
	(TL_EV_DONE | TL_EV_TIMERS | TL_EV_FDS | TL_EV_HOLDERS | TL_EV_TASKS | TL_EV_EPOLL | \
	 TL_EV_PENDING)

static void test_nothing_at_all(void **state)
{
	(void)state;
	tl_audit_run();
	assert_int_equal(fake_header.evidence, ALL_EVIDENCE & ~TL_EV_EPOLL);
	assert_int_equal(fake_header.untracked_posix, 0);
	assert_int_equal(fake_header.untracked_timerfd, 0);
	assert_int_equal(fake_notes, 0);
}

static void test_errno_and_descriptors_are_kept(void **state)
{
	int before = dup(0), after;

	(void)state;
	close(before);
	fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	fake_posix(TL_NOTIFY_NONE, 0, 0, 0);
	errno = 77;
	tl_audit_run();
	assert_int_equal(errno, 77);
	fake_end();
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

/* ---- POSIX timers -----------------------------------------------------------------------------
 */

static void test_posix_seen(void **state)
{
	struct tl_timer *t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		t[i] = fake_posix(i, SIGUSR1, 0, 0);
	tl_audit_run();
	for (int i = 0; i < 4; i++)
		assert_int_equal(more_of(t[i])->facts & (TL_FACT_SEEN | TL_FACT_GONE),
				 TL_FACT_SEEN);
	assert_int_equal(fake_header.gone_unseen, 0);
	assert_int_equal(fake_header.untracked_posix, 0);
	assert_int_equal(fake_header.evidence, ALL_EVIDENCE);
}

static void test_posix_gone(void **state)
{
	struct tl_timer *t[4], *thread = fake_posix(TL_NOTIFY_THREAD, 0, 0, 0);

	(void)state;
	for (int i = 0; i < 4; i++)
		t[i] = fake_posix(i, SIGUSR1, 0, 0);
	timer_delete((timer_t)(uintptr_t)t[1]->id);
	timer_delete((timer_t)(uintptr_t)t[2]->id);
	tl_audit_run();
	for (int i = 0; i < 4; i++)
		assert_int_equal(more_of(t[i])->facts & (TL_FACT_SEEN | TL_FACT_GONE),
				 i == 1 || i == 2 ? TL_FACT_GONE : TL_FACT_SEEN);
	assert_int_equal(more_of(thread)->facts, TL_FACT_SEEN | TL_FACT_ASKED);
	assert_int_equal(fake_header.gone_unseen, 2);
}

static void test_posix_untracked(void **state)
{
	struct sigevent thread = {.sigev_notify = SIGEV_THREAD};
	timer_t a, b;

	(void)state;
	fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);
	timer_create(CLOCK_REALTIME, NULL, &a);
	timer_create(CLOCK_REALTIME, &thread, &b);
	tl_audit_run();
	timer_delete(a);
	timer_delete(b);
	assert_int_equal(fake_header.untracked_posix, 2);
}

/* Another glibc may encode its timer_t otherwise: then rows and slots match by their number. */
static void test_posix_foreign_encoding(void **state)
{
	struct tl_timer *t[2];

	(void)state;
	fake_thread_ids_differ = true;
	t[0] = fake_posix(TL_NOTIFY_THREAD, 0, 0, 0);
	t[1] = fake_posix(TL_NOTIFY_THREAD, 0, 0, 0);
	tl_audit_run();
	assert_int_equal(more_of(t[0])->facts, TL_FACT_SEEN);
	assert_int_equal(more_of(t[1])->facts, TL_FACT_SEEN);
	assert_int_equal(fake_header.untracked_posix, 0);
	timer_delete((timer_t)(uintptr_t)(t[0]->id ^ 1));
	tl_audit_run();
	assert_int_equal(more_of(t[0])->facts | more_of(t[1])->facts, 0); /* one is gone: which? */
	timer_delete((timer_t)(uintptr_t)(t[1]->id ^ 1));
	tl_audit_run();
	assert_int_equal(fake_header.gone_unseen, 2);
}

/* An emulator's ids are not the kernel's: none of many fits, and they must not all count as gone.
 */
static void test_posix_foreign_ids(void **state)
{
	struct tl_timer *t[2];
	timer_t real[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		t[i] = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);
		real[i] = (timer_t)(uintptr_t)t[i]->id;
	}
	fake_ids_differ = true;
	tl_audit_run();
	assert_int_equal(more_of(t[0])->facts, TL_FACT_SEEN);
	assert_int_equal(more_of(t[1])->facts, TL_FACT_SEEN);
	assert_int_equal(fake_header.gone_unseen | fake_header.untracked_posix, 0);
	timer_delete(real[0]);
	tl_audit_run();
	assert_int_equal(more_of(t[0])->facts, TL_FACT_GONE); /* it is asked by its id */
	assert_int_equal(more_of(t[1])->facts, TL_FACT_SEEN);
	timer_delete(real[1]);
	tl_audit_run();
	assert_int_equal(fake_header.gone_unseen, 2);
}

/* The API of glibc 2.2.5 gives out indexes of its own. */
static void test_posix_int_ids(void **state)
{
	struct tl_timer *t = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);
	timer_t real = (timer_t)(uintptr_t)t->id, other;

	(void)state;
	t->id = 0xfff0;
	t->flags |= TL_F_INT_PLACE;
	tl_audit_run(); /* its entry under the kernel's id stands for one that is equal by chance */
	assert_int_equal(more_of(t)->facts, TL_FACT_SEEN);
	assert_int_equal(fake_header.untracked_posix, 0);
	timer_create(CLOCK_REALTIME, NULL, &other);
	tl_audit_run();
	assert_int_equal(fake_header.untracked_posix, 1);
	timer_delete(real);
	timer_delete(other);
	tl_audit_run();
	assert_int_equal(more_of(t)->facts, TL_FACT_GONE);
}

static void reuse_slots(void)
{
	for (uint32_t i = 0; i < fake_count; i++)
		fake_timer(i)->generation++;
	fake_settle = NULL;
}

static void test_reused_slots_are_left_alone(void **state)
{
	struct tl_timer *posix = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);
	struct tl_timer *seen = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);
	struct tl_timer *timerfd = fake_timerfd(CLOCK_MONOTONIC, 0, 0);

	(void)state;
	timer_delete((timer_t)(uintptr_t)posix->id);
	fake_settle = reuse_slots;
	tl_audit_run();
	assert_int_equal(more_of(posix)->facts | more_of(seen)->facts | more_of(timerfd)->facts, 0);
	assert_int_equal(fake_header.gone_unseen, 0);
	more_of(posix)->facts = TL_FACT_GONE; /* for the clean-up */
}

static timer_t in_flight, begun;

static void land(void)
{
	timer_delete(in_flight);
	timer_create(CLOCK_REALTIME, NULL, &begun);
	fake_settle = NULL;
}

static void test_in_flight_is_not_untracked(void **state)
{
	(void)state;
	timer_create(CLOCK_REALTIME, NULL, &in_flight);
	fake_settle = land;
	tl_audit_run();
	timer_delete(begun);
	assert_int_equal(fake_header.untracked_posix, 0);
}

/* ---- timerfds ---------------------------------------------------------------------------------
 */

static void test_timerfd_states(void **state)
{
	struct tl_timer *never = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *armed = fake_timerfd(CLOCK_REALTIME, 100 * SECOND, 0);
	struct tl_timer *once = fake_timerfd(CLOCK_BOOTTIME, MILLI, 0);
	struct tl_timer *late = fake_timerfd(CLOCK_MONOTONIC, MILLI, MILLI);
	struct tl_timer *drained = fake_timerfd(CLOCK_MONOTONIC, MILLI, 0);
	const uint32_t both = TL_FACT_TICKS | TL_FACT_ARMED;
	uint64_t ticks;

	(void)state;
	fake_sleep_ms(20);
	assert_int_equal(read(fake_fd(drained), &ticks, 8), 8);
	tl_audit_run();
	assert_int_equal(more_of(never)->facts & both, 0);
	assert_int_equal(more_of(armed)->facts & both, TL_FACT_ARMED);
	assert_in_range(more_of(armed)->remaining, 99 * SECOND, 100 * SECOND);
	assert_int_equal(more_of(once)->facts & both, TL_FACT_TICKS);
	assert_int_equal(more_of(late)->facts & TL_FACT_TICKS, TL_FACT_TICKS);
	assert_int_equal(more_of(drained)->facts & both, 0);
	for (uint32_t i = 0; i < fake_count; i++)
		assert_true(fake_has(fake_timer(i), TL_FACT_SEEN));
	assert_int_equal(read(fake_fd(late), &ticks, 8), 8); /* looking took nothing */
	assert_true(ticks >= 20);
}

static void test_timerfd_gone(void **state)
{
	struct tl_timer *closed = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *file = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *other = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *duped = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *inherited = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	int fd = open("/dev/null", O_RDONLY), realtime = timerfd_create(CLOCK_REALTIME, 0);

	(void)state;
	inherited->state = TL_SLOT_INHERITED;
	fake_dup(duped, dup(fake_fd(duped)));
	close(fake_fd(closed));
	close(fake_fd(duped));
	close(fake_fd(inherited));
	dup2(fd, fake_fd(file));
	dup2(realtime, fake_fd(other));
	close(fd);
	close(realtime);
	tl_audit_run();
	assert_int_equal(more_of(closed)->facts, TL_FACT_GONE);
	assert_int_equal(more_of(file)->facts, TL_FACT_GONE);
	assert_int_equal(more_of(other)->facts, TL_FACT_GONE);
	assert_int_equal(more_of(inherited)->facts, TL_FACT_GONE);
	assert_int_equal(more_of(duped)->facts, TL_FACT_SEEN);
	assert_int_equal(fake_header.gone_unseen, 3);
	assert_int_equal(fake_header.untracked_timerfd, 1);
}

static void test_timerfd_untracked_counts_files(void **state)
{
	int a = timerfd_create(CLOCK_MONOTONIC, 0), b = timerfd_create(CLOCK_MONOTONIC, 0);
	int copies[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		copies[i] = dup(i % 3 ? a : b);
	tl_audit_run();
	for (int i = 0; i < 20; i++)
		close(copies[i]);
	close(a);
	close(b);
	assert_int_equal(fake_header.untracked_timerfd, 2);
}

static void sleep_too_long(void)
{
	fake_settle = NULL;
	usleep(500000);
}

static void test_timerfd_untracked_in_time(void **state)
{
	int fds[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		fds[i] = timerfd_create(CLOCK_MONOTONIC, 0);
	fake_settle = sleep_too_long;
	tl_audit_run();
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	assert_in_range(fake_header.untracked_timerfd, 1, 99);
	assert_int_equal(fake_notes, 1);
}

static void test_counts_descriptors_and_limits(void **state)
{
	struct rlimit limit;
	uint64_t before = 0;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 0; fd < TL_FD_BITS; fd++)
		before += fcntl(fd, F_GETFD) >= 0;
	tl_audit_run();
	assert_int_equal(fake_header.nofile_used, before);
	for (int i = 0; i < 5; i++)
		fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	for (int i = 0; i < 3; i++)
		fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);
	tl_audit_run();
	assert_int_equal(fake_header.nofile_used, before + 5);
	assert_int_equal(fake_header.nofile_max, limit.rlim_cur);
	assert_true(fake_header.sigpending_used >= 3);
	getrlimit(RLIMIT_SIGPENDING, &limit);
	assert_int_equal(fake_header.sigpending_max, limit.rlim_cur);
	assert_true(fake_header.flags & TL_HDR_LIMITS);
}

#define tl_test(f) cmocka_unit_test_setup_teardown(f, fake_reset, fake_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    tl_test(test_nothing_at_all),
	    tl_test(test_errno_and_descriptors_are_kept),
	    tl_test(test_posix_seen),
	    tl_test(test_posix_gone),
	    tl_test(test_posix_untracked),
	    tl_test(test_posix_foreign_encoding),
	    tl_test(test_posix_foreign_ids),
	    tl_test(test_posix_int_ids),
	    tl_test(test_reused_slots_are_left_alone),
	    tl_test(test_in_flight_is_not_untracked),
	    tl_test(test_timerfd_states),
	    tl_test(test_timerfd_gone),
	    tl_test(test_timerfd_untracked_counts_files),
	    tl_test(test_timerfd_untracked_in_time),
	    tl_test(test_counts_descriptors_and_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
