/* SPDX-License-Identifier: MIT */
/* Unit tests of the table of sampled blocks: more than its first tables hold, by several threads.
 */
#include "heap_samples.h"
#include "tl_format.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define THREADS 4
#define BLOCKS	10000
#define ROUNDS	3

static uintptr_t address_of(uintptr_t thread, uintptr_t i)
{
	return ((thread * BLOCKS + i) * 48 + 0x7f0000000000) & ~(uintptr_t)15;
}

static struct tl_counted counted_of(uintptr_t address)
{
	return (struct tl_counted){(uint32_t)(address >> 4), address * 3, address * 5};
}

static bool same(const struct tl_counted *a, const struct tl_counted *b)
{
	return a->heap == b->heap && a->objects == b->objects && a->bytes == b->bytes;
}

/* Half of them go and come again, so that places are used anew. */
static void *work(void *arg)
{
	uintptr_t wrong = 0;

	for (uintptr_t round = 0; round < ROUNDS; round++)
		for (uintptr_t i = 0; i < BLOCKS; i++) {
			uintptr_t address = address_of((uintptr_t)arg, i);
			struct tl_counted want = counted_of(address), got;

			if (round && (i + round) % 2)
				wrong += !tl_samples_take(address, &got) || !same(&want, &got) ||
					 tl_samples_get(address, &got);
			if (!round || (i + round) % 2)
				wrong += !tl_samples_add(address, &want);
			wrong += !tl_samples_get(address, &got) || !same(&want, &got);
		}
	return (void *)wrong;
}

static uintptr_t take_all(void)
{
	struct tl_counted got;
	uintptr_t taken = 0;

	for (uintptr_t thread = 0; thread < THREADS; thread++)
		for (uintptr_t i = 0; i < BLOCKS; i++)
			taken += tl_samples_take(address_of(thread, i), &got);
	return taken;
}

static void test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* it knows nothing of memory that was mapped by a bare system call */
#endif
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(take_all(), THREADS * BLOCKS);
	assert_int_equal(take_all(), 0);
}

static void test_forked(void **state)
{
	struct tl_counted counted = {.heap = 7}, got;

	(void)state;
	assert_true(tl_samples_add(4096, &counted));
	assert_true(tl_samples_get(4096, &got));
	assert_int_equal(got.heap, 7);
	tl_samples_forked();
	assert_false(tl_samples_take(4096, &got));
	assert_true(tl_samples_add(4096, &counted));
	assert_true(tl_samples_take(4096, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_forked),
	};

	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
