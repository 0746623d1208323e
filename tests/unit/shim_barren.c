/* SPDX-License-Identifier: MIT */
/* shim_barren.c - the range without objects: never beyond what is free, gone with the next table.
 */
#include "modules_barren.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEAP UINT64_C(0x555555580000) /* of a PIE: right above it */
#define LIBC UINT64_C(0x7ffff7c00000)
#define SEEN 6

static int fresh(void **state)
{
	(void)state;
	tl_barren_forget();
	return 0;
}

static void test_nothing_is_known(void **state)
{
	(void)state;
	assert_false(tl_barren(HEAP, SEEN));
	assert_false(tl_barren(0, 0));
}

static void test_between_two(void **state)
{
	(void)state;
	tl_barren_remember(HEAP + 0x12340, SEEN, HEAP, LIBC);
	assert_true(tl_barren(HEAP + 0x12340, SEEN));
	assert_true(tl_barren(HEAP, SEEN));
	assert_false(tl_barren(HEAP - 1, SEEN));
	assert_false(tl_barren(LIBC, SEEN));
	assert_false(tl_barren(HEAP + 0x12340 + (UINT64_C(1) << 48), SEEN));
}

/* Far from the ends it is large, and still between them. */
static void test_large(void **state)
{
	(void)state;
	tl_barren_remember(UINT64_C(0x600000000000), SEEN, HEAP, LIBC);
	assert_true(tl_barren(UINT64_C(0x600000000000) + (UINT64_C(1) << 40), SEEN));
	assert_false(tl_barren(HEAP - 1, SEEN));
	assert_false(tl_barren(LIBC, SEEN));
	assert_false(tl_barren(UINT64_MAX, SEEN));
}

static void test_too_narrow(void **state)
{
	(void)state;
	tl_barren_remember(HEAP + 0x1000, SEEN, HEAP + 0x1000, LIBC);
	assert_false(tl_barren(HEAP + 0x1000, SEEN));
	tl_barren_remember(HEAP, SEEN, HEAP, HEAP + 0xffff);
	assert_false(tl_barren(HEAP, SEEN));
	tl_barren_remember(HEAP, SEEN, HEAP, HEAP + 0x10000);
	assert_true(tl_barren(HEAP + 0xffff, SEEN));
	assert_false(tl_barren(HEAP + 0x10000, SEEN));
}

static void test_outside_of_it(void **state)
{
	(void)state;
	tl_barren_remember(HEAP, SEEN, LIBC, UINT64_MAX);
	tl_barren_remember(LIBC, SEEN, HEAP, LIBC);
	assert_false(tl_barren(HEAP, SEEN));
	assert_false(tl_barren(LIBC, SEEN));
}

static void test_table_changes(void **state)
{
	(void)state;
	tl_barren_remember(HEAP, SEEN, HEAP, LIBC);
	assert_false(tl_barren(HEAP, SEEN + 2));
	assert_false(tl_barren(HEAP, 0));
	tl_barren_remember(HEAP, UINT32_MAX - 1, HEAP, LIBC);
	assert_true(tl_barren(HEAP, UINT32_MAX - 1));
	assert_false(tl_barren(HEAP, SEEN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_nothing_is_known, fresh),
	    cmocka_unit_test_setup(test_between_two, fresh),
	    cmocka_unit_test_setup(test_large, fresh),
	    cmocka_unit_test_setup(test_too_narrow, fresh),
	    cmocka_unit_test_setup(test_outside_of_it, fresh),
	    cmocka_unit_test_setup(test_table_changes, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
