/* SPDX-License-Identifier: MIT */
/* shim_timeline.c - the series of live timers: exact, however often its intervals double. */
#include "timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define STEP (UINT64_C(1) << TL_POINT_SHIFT)
/* The number of the first interval is odd: the worst case for halving. */
#define BEGIN (STEP * 1600000000001)

static struct tl_site site;

static int fresh(void **state)
{
	(void)state;
	memset(&site, 0, sizeof(site));
	return 0;
}

static void point(uint32_t i, uint32_t live, uint32_t high)
{
	assert_int_equal(site.line[i].live, live);
	assert_int_equal(site.line[i].high, high);
}

static void test_one_interval(void **state)
{
	(void)state;
	tl_timeline_add(&site, 0, 1, BEGIN);
	tl_timeline_add(&site, 1, 2, BEGIN + 5);
	tl_timeline_add(&site, 2, 1, BEGIN + STEP - 1);
	assert_int_equal(site.line_shift, TL_POINT_SHIFT);
	assert_true(site.line_first == BEGIN / STEP);
	point(0, 1, 2);
	point(1, 0, 0);
}

/* What was there when an interval began counts as its highest. */
static void test_a_stop_begins_an_interval(void **state)
{
	(void)state;
	tl_timeline_add(&site, 0, 1, BEGIN);
	tl_timeline_add(&site, 1, 0, BEGIN + 3 * STEP);
	point(0, 1, 1);
	point(2, 0, 0);
	point(3, 0, 1);
}

static void test_doubling(void **state)
{
	(void)state;
	tl_timeline_add(&site, 0, 7, BEGIN);
	tl_timeline_add(&site, 7, 3, BEGIN + STEP);
	tl_timeline_add(&site, 3, 5, BEGIN + 2 * STEP);
	tl_timeline_add(&site, 5, 4, BEGIN + (TL_POINTS - 1) * STEP);
	assert_int_equal(site.line_begin, 0);
	tl_timeline_add(&site, 4, 9, BEGIN + TL_POINTS * STEP);
	assert_int_equal(site.line_shift, TL_POINT_SHIFT + 1);
	assert_true(site.line_first == BEGIN / STEP / 2);
	assert_int_equal(site.line_begin, 1);
	assert_int_equal(site.line_end, 1);
	/* First interval odd: it stays alone, the next two are one. */
	point(0, 7, 7);
	point(1, 5, 7);
	point(TL_POINTS / 2, 9, 9);
}

/* A week without a call: as many doublings as it takes, nothing is lost. */
static void test_long_silence(void **state)
{
	uint64_t week = UINT64_C(7) * 86400 * 1000000000, later = BEGIN + week;

	(void)state;
	tl_timeline_add(&site, 0, 1, BEGIN);
	tl_timeline_add(&site, 1, 2, later);
	point(0, 1, 1);
	assert_true(((later >> site.line_shift) - site.line_first) < TL_POINTS);
	point((uint32_t)((later >> site.line_shift) - site.line_first), 2, 2);
}

/* Against a plain list of what happened: the count at the end of each interval, and the most. */
static void test_random_against_a_list(void **state)
{
	enum { EVENTS = 20000 };
	static uint64_t at[EVENTS], after[EVENTS];
	uint64_t now = BEGIN, live = 0;
	int i, e = 0;

	(void)state;
	srandom(7);
	for (i = 0; i < EVENTS; i++) {
		uint64_t before = live;

		now += (uint64_t)random() % (STEP * (1 + (uint64_t)i / 1000));
		live = live && random() % 3 == 0 ? live - 1 : live + 1;
		at[i] = now;
		after[i] = live;
		tl_timeline_add(&site, before, live, now);
	}
	live = 0;
	for (i = 0; i < TL_POINTS; i++) {
		uint64_t end = (site.line_first + (uint64_t)i + 1) << site.line_shift, high = live;
		bool any = false;

		for (; e < EVENTS && at[e] < end; e++, any = true) {
			live = after[e];
			high = live > high ? live : high;
		}
		if (any)
			point((uint32_t)i, (uint32_t)live, (uint32_t)high);
		else
			point((uint32_t)i, 0, 0);
	}
	assert_int_equal(e, EVENTS);
}

static void test_counts_beyond_32_bits(void **state)
{
	(void)state;
	tl_timeline_add(&site, UINT32_MAX, UINT64_C(1) << 33, BEGIN);
	point(0, UINT32_MAX, UINT32_MAX);
}

/* A clock that steps back writes where the series begins, not outside it. */
static void test_time_before_the_first(void **state)
{
	(void)state;
	tl_timeline_add(&site, 0, 1, BEGIN);
	tl_timeline_add(&site, 1, 2, BEGIN - 50 * STEP);
	point(0, 2, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_one_interval, fresh),
	    cmocka_unit_test_setup(test_a_stop_begins_an_interval, fresh),
	    cmocka_unit_test_setup(test_doubling, fresh),
	    cmocka_unit_test_setup(test_long_silence, fresh),
	    cmocka_unit_test_setup(test_random_against_a_list, fresh),
	    cmocka_unit_test_setup(test_counts_beyond_32_bits, fresh),
	    cmocka_unit_test_setup(test_time_before_the_first, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
