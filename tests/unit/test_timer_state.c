/* SPDX-License-Identifier: MIT */
/* test_timer_state.c - armed or not, how old, and whether an expiry was left untaken. */
#include "analyzer/timer_state.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define SECOND MAKER_SECOND
#define MSEC   (SECOND / 1000)
#define END    MAKER_END

static struct image image;

static struct timer timerfd(void)
{
	image = (struct image){0};
	image.header.end_state = TL_END_EXIT;
	image.header.end = END;
	image.header.evidence = 0x7f;
	return (struct timer){.state = TL_SLOT_LIVE,
			      .kind = TL_TIMERFD,
			      .facts = TL_FACT_SEEN | TL_FACT_TICKS,
			      .arms = 1,
			      .created = MAKER_START,
			      .last_set = MAKER_START,
			      .first_expiry = MAKER_START + SECOND};
}

static struct timer posix(void)
{
	struct timer timer = timerfd();

	timer.kind = TL_POSIX;
	timer.facts = TL_FACT_SEEN | TL_FACT_PENDING;
	timer.signo = 34;
	return timer;
}

static void test_states(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_EXPIRED);
	timer.facts |= TL_FACT_ARMED; /* the kernel's word against the estimate */
	assert_int_equal(timer_arm_state(&image, &timer), ARM_ARMED);
	timer.facts = 0;
	timer.interval = SECOND;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_ARMED);
	timer.flags = TL_F_DISARMED;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_DISARMED);
	timer.arms = 0;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_NEVER);
	timer = posix(); /* nothing but the estimate */
	assert_int_equal(timer_arm_state(&image, &timer), ARM_EXPIRED);
	timer.first_expiry = END + 1;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_ARMED);
	timer.first_expiry = 0; /* CPU clocks have no estimate */
	assert_int_equal(timer_arm_state(&image, &timer), ARM_ARMED);
}

static void test_the_kernel_knows_better(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	timer.arms = 0;
	timer.facts |= TL_FACT_SET_UNSEEN;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_EXPIRED);
	timer.facts |= TL_FACT_ARMED;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_ARMED);
	timer = posix();
	timer.facts |= TL_FACT_ASKED;
	timer.first_expiry = 0; /* a CPU clock */
	assert_int_equal(timer_arm_state(&image, &timer), ARM_EXPIRED);
	timer.facts |= TL_FACT_ARMED;
	timer.flags = TL_F_DISARMED;
	assert_int_equal(timer_arm_state(&image, &timer), ARM_ARMED);
}

static void test_unread_is_what_the_kernel_counts(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	timer.interval = SECOND / 4;
	assert_true(timer_undrained(&image, &timer)); /* since its first expiry, as hooks see it */
	timer.unread = 1;
	assert_false(timer_undrained(&image, &timer)); /* somebody read it a moment ago */
	timer.unread = 3;
	assert_true(timer_undrained(&image, &timer));
	timer.facts |= TL_FACT_SET_UNSEEN;
	timer.first_expiry = 0;
	assert_true(timer_undrained(&image, &timer));
	timer.unread = 0;
	assert_false(timer_undrained(&image, &timer));
	assert_true(timer_undrained_unknown(&image, &timer));
}

static void test_shared_is_in_doubt(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	timer.flags |= TL_F_SHARED;
	assert_false(timer_undrained(&image, &timer));
	assert_true(timer_undrained_unknown(&image, &timer));
	timer.facts &= ~TL_FACT_TICKS;
	assert_false(timer_undrained_unknown(&image, &timer));
}

static void test_end_times(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	assert_true(timer_age(&image, &timer) == END - MAKER_START);
	image.header.end = 0; /* killed: the last thing that was seen */
	image.header.last_op = MAKER_START + SECOND;
	assert_true(timer_age(&image, &timer) == SECOND);
	image.alive = true;
	image.now = MAKER_START + 5 * SECOND;
	assert_true(timer_age(&image, &timer) == 5 * SECOND);
	image.now = 0; /* a trace of another boot */
	assert_true(timer_age(&image, &timer) == 0);
}

static void test_undrained_timerfd(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	assert_true(timer_undrained(&image, &timer));
	timer.facts &= ~TL_FACT_TICKS;
	assert_false(timer_undrained(&image, &timer));
	timer = timerfd();
	timer.first_expiry = END - 100 * MSEC + 1; /* just now */
	assert_false(timer_undrained(&image, &timer));
	timer.first_expiry = END - 100 * MSEC;
	assert_true(timer_undrained(&image, &timer));
	timer.interval = 51 * MSEC; /* two intervals are longer */
	assert_false(timer_undrained(&image, &timer));
	timer = timerfd();
	timer.flags = TL_F_DISARMED;
	assert_false(timer_undrained(&image, &timer));
}

static void test_undrained_since_the_last_drain(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	timer.interval = SECOND;
	timer.last_drain = END - 3 * SECOND + 1; /* the next expiry was two seconds ago */
	assert_true(timer_oldest_expiry(&image, &timer) == END - 2 * SECOND);
	assert_true(timer_undrained(&image, &timer));
	timer.last_drain = END - 2 * SECOND + 1;
	assert_true(timer_oldest_expiry(&image, &timer) == END - SECOND);
	assert_false(timer_undrained(&image, &timer));
	timer.interval = 0; /* a one-shot that was read */
	assert_true(timer_oldest_expiry(&image, &timer) == 0);
}

static void test_undrained_posix(void **state)
{
	struct timer timer = posix();

	(void)state;
	assert_true(timer_undrained(&image, &timer));
	timer.facts &= ~TL_FACT_PENDING;
	assert_false(timer_undrained(&image, &timer));
}

static void test_unknown_without_evidence(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	image.header.evidence = 0;
	assert_false(timer_undrained(&image, &timer));
	assert_true(timer_undrained_unknown(&image, &timer));
	timer.first_expiry = END + SECOND; /* cannot have expired */
	assert_false(timer_undrained_unknown(&image, &timer));
	image.header.end = 0; /* killed: but when? */
	image.header.last_op = MAKER_START;
	assert_true(timer_undrained_unknown(&image, &timer));
	timer.last_drain = END + SECOND; /* a one-shot that was read */
	assert_false(timer_undrained_unknown(&image, &timer));
	timer.interval = SECOND;
	assert_true(timer_undrained_unknown(&image, &timer));
	timer.flags = TL_F_DISARMED;
	assert_false(timer_undrained_unknown(&image, &timer));
	timer = posix();
	image.header.evidence = TL_EV_FDS;
	assert_true(timer_undrained_unknown(&image, &timer));
	timer.signo = 0; /* SIGEV_NONE and SIGEV_THREAD leave nothing behind */
	assert_false(timer_undrained_unknown(&image, &timer));
}

static void test_garbled_numbers_do_not_wrap(void **state)
{
	struct timer timer = timerfd();

	(void)state;
	timer.interval = UINT64_MAX;
	timer.last_drain = UINT64_MAX;
	timer_undrained(&image, &timer);
	timer.interval = 1;
	timer.first_expiry = 1;
	timer_undrained(&image, &timer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_the_kernel_knows_better),
	    cmocka_unit_test(test_unread_is_what_the_kernel_counts),
	    cmocka_unit_test(test_shared_is_in_doubt),
	    cmocka_unit_test(test_end_times),
	    cmocka_unit_test(test_undrained_timerfd),
	    cmocka_unit_test(test_undrained_since_the_last_drain),
	    cmocka_unit_test(test_undrained_posix),
	    cmocka_unit_test(test_unknown_without_evidence),
	    cmocka_unit_test(test_garbled_numbers_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
