/* SPDX-License-Identifier: MIT */
/* shim_timer_ids.c - ids by number and by pointer, more than there is room for, and many threads.
 */
#include "timer_ids.h"
#include "tl_format.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define MANY	150000 /* more than the tables without a lock hold */
#define POINTER (UINT64_C(1) << 63)

static int fresh(void **state)
{
	(void)state;
	tl_ids_forked();
	return 0;
}

static void test_one(void **state)
{
	(void)state;
	assert_int_equal(tl_ids_find(0), TL_NONE);
	assert_true(tl_ids_add(0, 0));
	assert_true(tl_ids_add(INT32_MAX, 7));
	assert_int_equal(tl_ids_find(0), 0);
	assert_int_equal(tl_ids_find(INT32_MAX), 7);
	assert_int_equal(tl_ids_remove(0), 0);
	assert_int_equal(tl_ids_remove(0), TL_NONE);
	assert_int_equal(tl_ids_find(0), TL_NONE);
	assert_int_equal(tl_ids_find(INT32_MAX), 7);
}

static void test_pointers(void **state)
{
	(void)state;
	assert_true(tl_ids_add(POINTER | 0x10, 1));
	assert_true(tl_ids_add(0x10, 2));
	assert_true(tl_ids_add(UINT64_C(1) << 32 | 0x10, 3));
	assert_int_equal(tl_ids_find(POINTER | 0x10), 1);
	assert_int_equal(tl_ids_cached(POINTER | 0x10), 1);
	assert_int_equal(tl_ids_find(0x10), 2);
	assert_int_equal(tl_ids_remove(UINT64_C(1) << 32 | 0x10), 3);
	assert_int_equal(tl_ids_remove(POINTER | 0x10), 1);
	assert_int_equal(tl_ids_find(POINTER | 0x10), TL_NONE);
	assert_int_equal(tl_ids_find(0x10), 2);
}

static void test_more_than_there_is_room_for(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		assert_true(tl_ids_add(i, MANY - i));
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(tl_ids_find(i), MANY - i);
	for (uint32_t i = 0; i < MANY; i += 2)
		assert_int_equal(tl_ids_remove(i), MANY - i);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(tl_ids_find(i), i % 2 ? MANY - i : TL_NONE);
}

/* What was never there need not be looked for: nothing else is said of an id. */
static void test_first_seen(void **state)
{
	(void)state;
	assert_true(tl_ids_first_seen(5));
	assert_false(tl_ids_first_seen(5));
	assert_false(tl_ids_first_seen(4));
	assert_true(tl_ids_first_seen(INT32_MAX));
	assert_false(tl_ids_first_seen(UINT64_C(1) << 31));
	assert_false(tl_ids_first_seen(POINTER | 0x10));
	tl_ids_forked();
	assert_true(tl_ids_first_seen(1)); /* a child's ids begin anew */
}

/* All at ids that share buckets. */
static void *come_and_go(void *arg)
{
	uint32_t self = (uint32_t)(uintptr_t)arg;

	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t id = (uint64_t)(i % 64) * 8 + self;

		if (!tl_ids_add(id, self) || tl_ids_find(id) != self || tl_ids_remove(id) != self ||
		    tl_ids_find(id) != TL_NONE)
			return arg;
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[8];

	(void)state;
	for (uintptr_t i = 1; i <= 8; i++)
		assert_int_equal(pthread_create(&threads[i - 1], NULL, come_and_go, (void *)i), 0);
	for (int i = 0; i < 8; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static uint32_t got;

static void *take_all(void *arg)
{
	for (uint32_t i = 0; i < 5000; i++)
		if (tl_ids_remove(i) != TL_NONE)
			__atomic_fetch_add(&got, 1, __ATOMIC_RELAXED);
	return arg;
}

/* Of two who delete one timer one is told so. */
static void test_each_is_taken_once(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		assert_true(tl_ids_add(i, i));
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, take_all, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(got, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_one, fresh),
	    cmocka_unit_test_setup(test_pointers, fresh),
	    cmocka_unit_test_setup(test_first_seen, fresh),
	    cmocka_unit_test_setup(test_more_than_there_is_room_for, fresh),
	    cmocka_unit_test_setup(test_threads, fresh),
	    cmocka_unit_test_setup(test_each_is_taken_once, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
