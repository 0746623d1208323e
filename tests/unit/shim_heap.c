/* SPDX-License-Identifier: MIT */
/* Unit tests of the heap side: the map against a table of our own, counts against the truth. */
#include "heap.h"
#include "heap_count.h"
#include "heap_random.h"
#include "hooks_alloc.h"
#include "modules.h"
#include "real.h"
#include "sink.h"
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What the hooks do on their rare path, without a process around them. */
void tl_alloc_count(void *p, size_t size, const struct tl_called *called)
{
	tl_count_block(p, size, called);
}

bool tl_alloc_dying_slow(void *p, uint8_t bits)
{
	if (bits & TL_MAP_COUNTED)
		tl_count_end(p);
	return true;
}

static void *take(size_t size)
{
	size = tl_alloc_size(size);
	return tl_alloc_born(malloc(size), size, TL_CALLED);
}

static void give(void *p)
{
	if (tl_alloc_dying(p))
		free(p);
}

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static size_t any_size(uint64_t *state)
{
	return (size_t)1 << next(state) % 14 | next(state) % 64;
}

/* ---- random gaps and weights ------------------------------------------------------------------
 */

static void test_gaps(void **state)
{
	uint64_t seed = 12345;
	double sum = 0, squares = 0;
	const int n = 1000000;

	(void)state;
	for (int i = 0; i < n; i++) {
		double gap = (double)tl_random_gap(&seed, 1000000);

		sum += gap;
		squares += gap * gap;
	}
	/* Exponential: mean and deviation are the same. Four standard errors. */
	assert_true(fabs(sum / n - 1e6) < 4 * 1e6 / 1e3);
	assert_true(fabs(sqrt(squares / n - sum / n * sum / n) - 1e6) < 2e4);
}

static void test_weights(void **state)
{
	const uint64_t means[] = {1, 1000, 524288, 1ull << 40};

	(void)state;
	for (size_t m = 0; m < TL_ARRAY_LEN(means); m++)
		for (uint64_t size = 16; size < 1ull << 41; size = size * 5 / 3) {
			double x = (double)size / (double)means[m];
			double want = TL_HEAP_ONE / -expm1(-x);
			double got = (double)tl_random_weight(size, means[m]);

			assert_true(fabs(got - want) <= 0.5 + want * 1e-9);
		}
}

/* ---- the map ----------------------------------------------------------------------------------
 */

static void test_find(void **state)
{
	char *p = take(1 << 20), *q = take(100);
	struct tl_block block;

	(void)state;
	assert_true(tl_map_find((uintptr_t)p + (1 << 19), &block));
	assert_ptr_equal((void *)block.start, p);
	assert_int_equal(block.size, malloc_usable_size(p));
	assert_true(tl_map_find((uintptr_t)q, &block));
	assert_true(tl_map_find((uintptr_t)q + 99, &block));
	assert_ptr_equal((void *)block.start, q);
	assert_false(tl_map_find((uintptr_t)&block, &block));
	assert_false(tl_map_find(16, &block));
	assert_false(tl_map_find(UINTPTR_MAX, &block));
	give(p);
	assert_false(tl_map_find((uintptr_t)q + 4096, &block) && block.start == (uintptr_t)q);
	give(q);
	assert_int_equal(tl_map_get((uintptr_t)q), 0);
}

static void test_odd_addresses(void **state)
{
	uint64_t lost = tl_map_lost();

	(void)state;
	tl_map_set(24, TL_MAP_START); /* no allocator's granule */
	tl_map_set(UINTPTR_MAX & ~15ul, TL_MAP_START);
	assert_int_equal(tl_map_lost(), lost + 2);
	assert_int_equal(tl_map_take(24), 0);
	assert_int_equal(tl_map_take(UINTPTR_MAX & ~15ul), 0);
}

/* ---- the model: a million calls by four threads, blocks freed by whoever comes ------------------
 */

#define THREADS 4
/* ThreadSanitizer knows nothing of memory that was mapped by a bare system call: no samples then,
 * and half a hundred times fewer calls. */
#ifdef __SANITIZE_THREAD__
#define CALLS 10000
#define FEW   (1ull << 40)
#else
#define CALLS 250000
#define FEW   65536
#endif
#define SHARED 4096

static void *shared[SHARED];

static void *work(void *arg)
{
	uint64_t state = (uintptr_t)arg + 1;

	for (int i = 0; i < CALLS; i++) {
		void *p = next(&state) % 3 ? take(any_size(&state)) : NULL;
		void *old =
		    __atomic_exchange_n(&shared[next(&state) % SHARED], p, __ATOMIC_ACQ_REL);

		if (old)
			give(old);
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

struct seen {
	uintptr_t at[SHARED * 2];
	size_t count;
};

static void see(void *data, uintptr_t start)
{
	struct seen *seen = data;

	assert_true(seen->count < TL_ARRAY_LEN(seen->at));
	seen->at[seen->count++] = start;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

static void compare_live(void)
{
	static struct seen mapped, wanted;

	mapped.count = wanted.count = 0;
	tl_map_each(see, &mapped);
	for (int i = 0; i < SHARED; i++)
		if (shared[i])
			see(&wanted, (uintptr_t)shared[i]);
	qsort(wanted.at, wanted.count, sizeof(wanted.at[0]), by_address);
	assert_int_equal(mapped.count, wanted.count);
	assert_memory_equal(mapped.at, wanted.at, wanted.count * sizeof(wanted.at[0]));
}

static void clear_shared(void)
{
	for (int i = 0; i < SHARED; i++)
		if (shared[i])
			give(shared[i]);
	memset(shared, 0, sizeof(shared));
}

static void test_live_set(void **state)
{
	(void)state;
	run_threads();
	compare_live();
	clear_shared();
	compare_live();
}

/* ---- counts -----------------------------------------------------------------------------------
 */

struct sums {
	uint64_t alloc_objects, alloc_bytes, live_objects, live_bytes;
};

static struct sums counted(void)
{
	struct sums s = {0};

	for (uint32_t i = 0; i < tl_sink_heap_count(); i++) {
		const struct tl_heap_stack *c = tl_sink_heap(i);

		s.alloc_objects += c->alloc_objects;
		s.alloc_bytes += c->alloc_bytes;
		s.live_objects += c->live_objects;
		s.live_bytes += c->live_bytes;
	}
	return s;
}

/* One seed: the estimates of what was allocated and of what is live, in standard deviations. A
 * block of s bytes that is seen with probability p adds s^2 (1-p)/p to the variance. */
static void one_seed(uint64_t seed, double *z_alloc, double *z_live)
{
	const uint64_t mean = 65536;
	static void *kept[20000];
	double alloc = 0, live = 0, alloc_var = 0, live_var = 0;
	struct sums before = counted(), after;
	uint64_t state = seed;
	size_t n = 0;

	tl_count_seed(seed);
	for (int i = 0; i < 20000; i++) {
		size_t size = any_size(&state), usable;
		void *p = take(size);
		double hit = -expm1(-(double)tl_alloc_size(size) / mean);

		usable = malloc_usable_size(p);
		alloc += (double)usable;
		alloc_var += (double)usable * (double)usable * (1 - hit) / hit;
		if (next(&state) % 4) {
			give(p);
			continue;
		}
		live += (double)usable;
		live_var += (double)usable * (double)usable * (1 - hit) / hit;
		kept[n++] = p;
	}
	after = counted();
	*z_alloc = ((double)(after.alloc_bytes - before.alloc_bytes) - alloc) / sqrt(alloc_var);
	*z_live = ((double)(after.live_bytes - before.live_bytes) - live) / sqrt(live_var);
	while (n)
		give(kept[--n]);
	assert_int_equal(counted().live_bytes, before.live_bytes);
	assert_int_equal(counted().live_objects, before.live_objects);
}

static void test_sampled(void **state)
{
	const int seeds = 50;
	double sum_alloc = 0, sum_live = 0;

	(void)state;
	tl_count_begin(false, 65536);
	for (int i = 1; i <= seeds; i++) {
		double alloc, live;

		one_seed((uint64_t)i, &alloc, &live);
		assert_true(fabs(alloc) < 4);
		assert_true(fabs(live) < 4);
		sum_alloc += alloc;
		sum_live += live;
	}
	/* Unbiased: the mean of 50 is that much closer to nothing. */
	assert_true(fabs(sum_alloc) < 4 * sqrt(seeds));
	assert_true(fabs(sum_live) < 4 * sqrt(seeds));
}

/* Several threads: what was freed is counted down to nothing. */
static void test_sampled_threads(void **state)
{
	struct sums before = counted(), after;

	(void)state;
#ifdef __SANITIZE_THREAD__
	skip();
#endif
	run_threads();
	compare_live();
	assert_true(counted().live_bytes > before.live_bytes);
	clear_shared();
	after = counted();
	assert_int_equal(after.live_bytes, before.live_bytes);
	assert_int_equal(after.live_objects, before.live_objects);
}

static uint64_t usable_of_shared(uint64_t *count)
{
	uint64_t sum = 0;

	*count = 0;
	for (int i = 0; i < SHARED; i++) {
		if (!shared[i])
			continue;
		sum += malloc_usable_size(shared[i]);
		++*count;
	}
	return sum;
}

static void test_full(void **state)
{
	struct sums before, after;
	uint64_t count, bytes;

	(void)state;
	assert_true(tl_count_begin(true, 65536));
#ifdef __SANITIZE_THREAD__
	skip();
#endif
	before = counted();
	run_threads();
	compare_live();
	bytes = usable_of_shared(&count);
	after = counted();
	assert_int_equal(after.live_bytes - before.live_bytes, bytes);
	assert_int_equal(after.live_objects - before.live_objects, count * TL_HEAP_ONE);
	clear_shared();
	after = counted();
	assert_int_equal(after.live_bytes, before.live_bytes);
	assert_int_equal(after.live_objects, before.live_objects);
	assert_true(after.alloc_objects - before.alloc_objects >
		    THREADS * (CALLS / 2) * (uint64_t)TL_HEAP_ONE);
}

static void test_detach(void **state)
{
	struct sums before = counted();
	struct tl_counted counts;
	void *p;

	(void)state;
	tl_heap_gap = 0; /* this thread began when blocks were sampled */
	p = take(1000);
	tl_count_detach((uintptr_t)p, &counts);
	assert_int_not_equal(counts.heap, TL_NONE);
	tl_count_attach((uintptr_t)p, &counts);
	assert_int_equal(counted().live_objects, before.live_objects + TL_HEAP_ONE);
	give(p);
	assert_int_equal(counted().live_objects, before.live_objects);
}

static int begin(void **state)
{
	(void)state;
	if (!tl_heap_first() || !tl_map_init())
		return -1;
	tl_modules_refresh(); /* and frame pointers: libunwind's own locks confuse TSan */
	tl_count_begin(false, FEW);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tl_sink_discard();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_weights),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_odd_addresses),
	    cmocka_unit_test(test_live_set),
	    cmocka_unit_test(test_sampled),
	    cmocka_unit_test(test_sampled_threads),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_detach),
	};

	return cmocka_run_group_tests_name("heap", tests, begin, end);
}
