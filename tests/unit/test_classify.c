/* SPDX-License-Identifier: MIT */
/* test_classify.c - the verdict table row by row: what gives a verdict, and what takes it away. */
#include "analyzer/classify.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define SECOND MAKER_SECOND
#define MSEC   (SECOND / 1000)
#define END    MAKER_END

/* An image with one timer, as if it had been read. */
struct fixture {
	struct image image;
	struct timer timer;
	struct tl_creator creator;
};

static void begin(struct fixture *f, uint8_t kind)
{
	*f = (struct fixture){0};
	f->image.header.end_state = TL_END_EXIT;
	f->image.header.end = END;
	f->image.header.evidence = 0x7f;
	f->image.timers = &f->timer;
	f->image.timer_count = 1;
	f->image.creators = &f->creator;
	f->timer.state = TL_SLOT_LIVE;
	f->timer.kind = kind;
	f->timer.arms = 1;
	f->timer.facts = TL_FACT_SEEN | TL_FACT_ARMED;
	f->timer.created = f->timer.last_set = MAKER_START;
	f->timer.first_expiry = END + SECOND;
}

static void expect(const struct fixture *f, enum verdict_kind kind, enum verdict_class class)
{
	struct verdict verdict = classify(&f->image, &f->timer);

	assert_string_equal(verdict_kind_name(verdict.kind), verdict_kind_name(kind));
	assert_string_equal(verdict_class_name(verdict.class), verdict_class_name(class));
}

static void expect_row(const struct fixture *f, enum verdict_class class, unsigned row)
{
	expect(f, KIND_DEFINITE, class);
	assert_int_equal(classify(&f->image, &f->timer).row, row);
}

static void expect_possible(const struct fixture *f)
{
	expect(f, KIND_POSSIBLE, CLASS_NEVER_STOPPED);
}

static void test_row_1_gone(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_POSIX);
	f.timer.facts = TL_FACT_GONE;
	f.timer.flags = TL_F_OVERWRITTEN;
	expect(&f, KIND_STOPPED, CLASS_STOPPED);
	f.image.header.evidence &= ~TL_EV_TIMERS;
	expect(&f, KIND_DEFINITE, CLASS_OVERWRITTEN);
	f.timer.kind = TL_TIMERFD;
	expect(&f, KIND_STOPPED, CLASS_STOPPED);
	f.image.header.evidence &= ~TL_EV_FDS;
	expect_possible(&f);
}

static void test_row_2_armed_on_freed_payload(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_TIMERFD);
	f.timer.flags = TL_F_PAYLOAD_FREED;
	f.timer.facts |= TL_FACT_IN_EPOLL | TL_FACT_BLOCKED_ON; /* rows 8 and 10 come later */
	expect_row(&f, CLASS_ORPHANED, 2);
	f.image.header.end_state = TL_END_SIGNAL; /* needs no end, and no evidence from there */
	f.image.header.evidence = 0;
	expect_row(&f, CLASS_ORPHANED, 2);
	begin(&f, TL_TIMERFD);
	f.timer.facts |= TL_FACT_IN_EPOLL; /* EPOLL_CTL_MOD took the mark away */
	expect(&f, KIND_HELD, CLASS_IN_EPOLL);
	begin(&f, TL_POSIX);
	f.timer.notify = TL_NOTIFY_SIGNAL;
	f.timer.flags = TL_F_PAYLOAD_FREED | TL_F_PAYLOAD_MOVED | TL_F_PLACE_FREED;
	f.timer.holder = TL_HOLDER_STATIC; /* rows 4 and 7 come later */
	expect_row(&f, CLASS_ORPHANED, 2);
	f.timer.flags |= TL_F_DISARMED;
	expect_row(&f, CLASS_ORPHANED, 4);
	f.timer.flags &= ~TL_F_PLACE_FREED;
	expect(&f, KIND_HELD, CLASS_STATIC_HANDLE);
}

static void test_rows_2_and_9_need_a_notification(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_POSIX);
	f.timer.flags = TL_F_PAYLOAD_FREED;
	f.timer.notify = TL_NOTIFY_NONE;
	expect_possible(&f);
	f.timer.notify = TL_NOTIFY_THREAD;
	expect_row(&f, CLASS_ORPHANED, 2);
	f.timer.notify = TL_NOTIFY_THREAD_ID;
	f.timer.arms = 0;
	expect_row(&f, CLASS_ORPHANED, 9);
	f.timer.notify = TL_NOTIFY_NONE;
	expect_possible(&f);
}

static void test_row_3_arm_failed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_TIMERFD);
	f.timer.arms = 0;
	f.timer.flags = TL_F_ARM_FAILED;
	expect(&f, KIND_DEFINITE, CLASS_ARM_FAILED);
	f.image.header.end_state = TL_END_SIGNAL; /* needs no end */
	expect(&f, KIND_DEFINITE, CLASS_ARM_FAILED);
	f.image.header.end_state = TL_END_EXIT;
	f.timer.flags = 0; /* cleared by any successful call */
	expect_possible(&f);
	f.timer.flags = TL_F_ARM_FAILED;
	f.timer.arms = 1;
	expect_possible(&f);
}

static void test_row_4_place_freed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_POSIX);
	f.timer.flags = TL_F_PLACE_FREED | TL_F_OVERWRITTEN;
	f.timer.holder = TL_HOLDER_HEAP; /* rows 5 and 7 come later */
	expect_row(&f, CLASS_ORPHANED, 4);
	f.image.header.end_state = TL_END_RUNNING;
	f.image.header.evidence = 0;
	expect_row(&f, CLASS_ORPHANED, 4);
	f.timer.flags |= TL_F_ARM_FAILED; /* row 3 comes earlier */
	f.timer.arms = 0;
	expect(&f, KIND_DEFINITE, CLASS_ARM_FAILED);
	begin(&f, TL_POSIX); /* used since: the mark is gone */
	expect_possible(&f);
	begin(&f, TL_TIMERFD); /* has no place */
	f.timer.flags = TL_F_PLACE_FREED;
	expect_possible(&f);
}

static void test_row_5_overwritten(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_POSIX);
	f.timer.flags = TL_F_OVERWRITTEN;
	f.timer.holder = TL_HOLDER_STATIC; /* row 7 comes later */
	expect(&f, KIND_DEFINITE, CLASS_OVERWRITTEN);
	f.timer.flags = 0;
	expect(&f, KIND_HELD, CLASS_STATIC_HANDLE);
	f.timer.flags = TL_F_ARM_FAILED | TL_F_OVERWRITTEN; /* row 3 comes earlier */
	f.timer.arms = 0;
	expect(&f, KIND_DEFINITE, CLASS_ARM_FAILED);
}

static void test_row_7_held_by_handle(void **state)
{
	static const uint8_t holders[] = {TL_HOLDER_STATIC, TL_HOLDER_TLS, TL_HOLDER_FRAME,
					  TL_HOLDER_HEAP};
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(holders); i++) {
		begin(&f, TL_POSIX);
		f.timer.holder = holders[i];
		expect(&f, KIND_HELD, CLASS_STATIC_HANDLE);
		f.image.header.evidence &= ~TL_EV_HOLDERS;
		expect_possible(&f);
	}
	begin(&f, TL_TIMERFD); /* has no place */
	f.timer.holder = TL_HOLDER_STATIC;
	expect_possible(&f);
}

static void test_row_7_freed_at_exit(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_POSIX);
	f.timer.flags = TL_F_PLACE_AT_EXIT;
	expect(&f, KIND_HELD, CLASS_STATIC_HANDLE);
	f.image.header.evidence = 0;
	expect(&f, KIND_HELD, CLASS_STATIC_HANDLE);
	f.timer.flags |= TL_F_OVERWRITTEN;
	expect(&f, KIND_DEFINITE, CLASS_OVERWRITTEN);
	begin(&f, TL_TIMERFD);
	f.timer.flags = TL_F_PLACE_AT_EXIT;
	expect_possible(&f);
}

static void test_row_8_waited_for(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_TIMERFD);
	f.timer.facts |= TL_FACT_BLOCKED_ON;
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
	f.image.header.evidence &= ~TL_EV_TASKS;
	expect_possible(&f);
}

static void serve(struct fixture *f, uint32_t times, uint64_t ago, uint64_t gap)
{
	begin(f, TL_TIMERFD);
	f->timer.services = times;
	f->timer.last_service = END - ago;
	f->timer.longest_gap = gap;
	f->timer.service_tid = 42;
}

static void test_row_8_served(void **state)
{
	struct fixture f;

	(void)state;
	serve(&f, 3, 2 * SECOND, SECOND);
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
	serve(&f, 2, 0, SECOND); /* too few */
	expect_possible(&f);
	serve(&f, 3, 2 * SECOND + 1, SECOND); /* too long ago */
	expect_possible(&f);
	serve(&f, 3, 100 * MSEC, MSEC); /* at least 100 ms are allowed */
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
	serve(&f, 3, 100 * MSEC + 1, MSEC);
	expect_possible(&f);
	serve(&f, 3, END, UINT64_MAX); /* a garbled gap does not wrap round */
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
}

static void test_row_8_unless_another_was_made(void **state)
{
	struct fixture f;

	(void)state;
	serve(&f, 5, SECOND, SECOND);
	f.image.creator_count = 1;
	f.creator = (struct tl_creator){
	    .state = TL_SLOT_LIVE, .tid = 42, .last_create = f.timer.last_service + 1};
	expect_possible(&f);
	f.creator.tid = 43; /* another thread's */
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
	f.creator.tid = 42;
	f.creator.last_create = f.timer.last_service; /* not since */
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
	f.creator.last_create = END;
	f.creator.site = 1; /* at another site */
	expect(&f, KIND_HELD, CLASS_IN_SERVICE);
}

static void test_row_8_in_child(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_TIMERFD);
	f.timer.facts |= TL_FACT_IN_CHILD;
	expect(&f, KIND_HELD, CLASS_IN_CHILD);
	f.image.header.evidence &= ~TL_EV_FDS;
	expect_possible(&f);
}

static void test_row_9_payload_freed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_TIMERFD);
	f.timer.flags = TL_F_PAYLOAD_FREED | TL_F_DISARMED;
	f.timer.facts |= TL_FACT_IN_EPOLL; /* row 10 comes later */
	expect_row(&f, CLASS_ORPHANED, 9);
	f.timer.facts |= TL_FACT_IN_CHILD; /* row 8 comes earlier */
	expect(&f, KIND_HELD, CLASS_IN_CHILD);
	begin(&f, TL_TIMERFD); /* expired, and nothing more to come */
	f.timer.facts = TL_FACT_SEEN;
	f.timer.flags = TL_F_PAYLOAD_FREED;
	f.image.header.end_state = TL_END_EXEC;
	expect_row(&f, CLASS_ORPHANED, 9);
}

static void test_row_10_in_epoll(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_TIMERFD);
	f.timer.facts |= TL_FACT_IN_EPOLL;
	expect(&f, KIND_HELD, CLASS_IN_EPOLL);
	f.timer.flags = TL_F_EPOLL_UNSERVED;
	expect_possible(&f);
	f.timer.flags = 0;
	f.image.header.evidence &= ~TL_EV_EPOLL;
	expect_possible(&f);
}

static void test_row_11_unreachable(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, TL_POSIX);
	f.image.header.evidence |= TL_EV_REACH;
	f.timer.facts |= TL_FACT_UNREACHABLE;
	expect_row(&f, CLASS_UNREACHABLE, 11);
	f.timer.facts |= TL_FACT_PAYLOAD_LEADS; /* armed: its expiry leads there */
	expect_possible(&f);
	f.timer.flags = TL_F_DISARMED;
	expect_row(&f, CLASS_UNREACHABLE, 11);
	f.image.header.evidence &= ~TL_EV_REACH;
	f.image.header.evidence |= TL_EV_REACH_CUT; /* nothing is called so after a cut */
	expect_possible(&f);
	f.image.header.evidence |= TL_EV_REACH;
	f.timer.holder = TL_HOLDER_FRAME; /* row 7 comes earlier */
	expect(&f, KIND_HELD, CLASS_STATIC_HANDLE);
	f.timer.flags = TL_F_PAYLOAD_FREED | TL_F_DISARMED;
	f.timer.notify = TL_NOTIFY_SIGNAL;
	f.timer.holder = TL_HOLDER_NONE;
	expect_row(&f, CLASS_ORPHANED, 9);
	begin(&f, TL_TIMERFD);
	f.image.header.evidence |= TL_EV_REACH;
	f.timer.facts |= TL_FACT_UNREACHABLE;
	expect_possible(&f);
}

static void test_rows_12_and_13_the_end(void **state)
{
	static const uint32_t by_itself[] = {TL_END_EXIT, TL_END__EXIT, TL_END_QUICK_EXIT};
	static const uint32_t otherwise[] = {TL_END_RUNNING, TL_END_EXEC, TL_END_SIGNAL, 999};
	struct fixture f;
	size_t i;

	(void)state;
	begin(&f, TL_POSIX);
	for (i = 0; i < 3; i++) {
		f.image.header.end_state = by_itself[i];
		expect_possible(&f);
	}
	for (i = 0; i < 4; i++) {
		f.image.header.end_state = otherwise[i];
		expect(&f, KIND_UNDECIDED, CLASS_LIVE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_row_1_gone),
	    cmocka_unit_test(test_row_2_armed_on_freed_payload),
	    cmocka_unit_test(test_rows_2_and_9_need_a_notification),
	    cmocka_unit_test(test_row_3_arm_failed),
	    cmocka_unit_test(test_row_4_place_freed),
	    cmocka_unit_test(test_row_5_overwritten),
	    cmocka_unit_test(test_row_7_held_by_handle),
	    cmocka_unit_test(test_row_7_freed_at_exit),
	    cmocka_unit_test(test_row_8_waited_for),
	    cmocka_unit_test(test_row_8_served),
	    cmocka_unit_test(test_row_8_unless_another_was_made),
	    cmocka_unit_test(test_row_8_in_child),
	    cmocka_unit_test(test_row_9_payload_freed),
	    cmocka_unit_test(test_row_10_in_epoll),
	    cmocka_unit_test(test_row_11_unreachable),
	    cmocka_unit_test(test_rows_12_and_13_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
