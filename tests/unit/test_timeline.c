/* SPDX-License-Identifier: MIT */
/* test_timeline.c - live timers over time, of one image and of several. */
#include "analyzer/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define STEP (UINT64_C(1) << TL_POINT_SHIFT)
#define BASE UINT64_C(1000001) /* an odd number of a first interval */

static struct image image;
static struct tl_site site;
static struct timeline sum;

/* An image that ends in the middle of interval `end` after BASE. */
static void begin(uint64_t end)
{
	image = (struct image){.header = {.start_realtime = BASE * STEP + 7, .start = 7}};
	image.header.end = (BASE + end) * STEP - BASE * STEP + STEP / 2;
	image.header.end_state = TL_END_EXIT;
	site = (struct tl_site){.created = 1, .line_shift = TL_POINT_SHIFT, .line_first = BASE};
}

static int fresh(void **state)
{
	(void)state;
	memset(&sum, 0, sizeof(sum));
	return 0;
}

static void at(unsigned i, uint32_t live, uint32_t high)
{
	site.line[i] = (struct tl_point){live, high};
}

static void expect(size_t i, uint64_t live, uint64_t high)
{
	assert_int_equal(sum.live[i], live);
	assert_int_equal(sum.high[i], high);
}

static void test_gaps_carry_on(void **state)
{
	(void)state;
	begin(6);
	at(0, 2, 3);
	at(3, 5, 6);
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	assert_true(timeline_known(&sum));
	assert_int_equal(sum.count, 7);
	expect(0, 2, 3);
	expect(1, 2, 2);
	expect(2, 2, 2);
	expect(3, 5, 6);
	expect(5, 5, 5);
	expect(6, 5, 5); /* what it left at its end */
}

static void test_long_after_the_last_event(void **state)
{
	(void)state;
	begin(1000);
	at(0, 4, 4);
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	assert_int_equal(sum.shift, TL_POINT_SHIFT + 4);
	assert_int_equal(sum.count, ((BASE + 1000) >> 4) - (BASE >> 4) + 1);
	expect(0, 4, 4);
	expect(sum.count - 1, 4, 4);
}

/* One after the other: never were there more than one has. */
static void test_processes_in_a_row(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		begin(10 * i + 1);
		at(10 * i % TL_POINTS, 3, 3);
		timeline_add(&sum, &image, &site);
	}
	timeline_finish(&sum);
	assert_int_equal(sum.count, 42);
	expect(0, 3, 3);
	expect(1, 0, 3);
	expect(5, 0, 0);
	expect(20, 3, 3);
	expect(41, 3, 3);
}

static void test_processes_at_once(void **state)
{
	(void)state;
	begin(4);
	at(0, 3, 3);
	timeline_add(&sum, &image, &site);
	begin(6);
	at(2, 4, 5);
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	expect(1, 3, 3);
	expect(2, 7, 5);
	expect(3, 7, 4);
	expect(4, 4, 4); /* the first one is gone */
	expect(6, 4, 4);
}

static void test_the_living_count_at_the_end(void **state)
{
	(void)state;
	begin(4);
	at(0, 3, 3);
	image.alive = true;
	image.now = image.header.end;
	timeline_add(&sum, &image, &site);
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	expect(4, 6, 3);
}

/* Of different steps, far apart: all of it fits, and nothing is counted twice. */
static void test_other_steps(void **state)
{
	unsigned i;
	uint64_t high = 0;

	(void)state;
	begin(0);
	at(0, 9, 9);
	timeline_add(&sum, &image, &site);
	begin(5000);
	site.line_shift = TL_POINT_SHIFT + 6;
	site.line_first = (BASE >> 6) + 20;
	at(0, 2, 4);
	at(63, 1, 2);
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	assert_true(sum.count <= TL_POINTS);
	for (i = 0; i < sum.count; i++)
		high = sum.high[i] > high ? sum.high[i] : high;
	assert_int_equal(high, 9);
	expect(sum.count - 1, 1, 2);
}

static void test_what_is_not_told(void **state)
{
	(void)state;
	begin(4);
	at(0, 3, 3);
	timeline_add(&sum, &image, &site);
	assert_true(timeline_known(&sum));
	site.line_begin = 1; /* cut short while it doubled */
	timeline_add(&sum, &image, &site);
	assert_false(timeline_known(&sum));
	fresh(NULL);
	begin(4);
	site.line_shift = 0; /* of an older version */
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	assert_false(timeline_known(&sum));
	fresh(NULL);
	site.created = 0;
	timeline_add(&sum, &image, &site);
	timeline_finish(&sum);
	assert_false(timeline_known(&sum));
	assert_false(sum.unknown);
}

/* Whatever a trace says, it ends, in its room. */
static void test_garbage(void **state)
{
	static const uint64_t odd[] = {
	    0, 1, 63, 1 << 20, UINT64_C(1) << 40, UINT64_MAX >> 21, UINT64_MAX};
	size_t i, j, k;

	(void)state;
	for (i = 0; i < 7; i++)
		for (j = 0; j < 7; j++)
			for (k = 0; k < 70; k++) {
				begin(0);
				site.line_first = odd[i];
				image.header.end = odd[j];
				site.line_shift = (uint32_t)k;
				at(0, UINT32_MAX, UINT32_MAX);
				at(63, 5, UINT32_MAX);
				timeline_add(&sum, &image, &site);
				sum.unknown = false;
			}
	timeline_finish(&sum);
	assert_true(sum.count <= TL_POINTS && sum.shift < 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_gaps_carry_on, fresh),
	    cmocka_unit_test_setup(test_long_after_the_last_event, fresh),
	    cmocka_unit_test_setup(test_processes_in_a_row, fresh),
	    cmocka_unit_test_setup(test_processes_at_once, fresh),
	    cmocka_unit_test_setup(test_the_living_count_at_the_end, fresh),
	    cmocka_unit_test_setup(test_other_steps, fresh),
	    cmocka_unit_test_setup(test_what_is_not_told, fresh),
	    cmocka_unit_test_setup(test_garbage, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
