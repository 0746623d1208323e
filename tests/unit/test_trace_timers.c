/* SPDX-License-Identifier: MIT */
/* test_trace_timers.c - timers, whose slots come in two parts on pages of their own. */
#include "analyzer/trace_read.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE	 4096
#define PER_PAGE (PAGE / sizeof(struct tl_timer))

static int read_bytes(struct image *image, const struct trace_bytes *bytes)
{
	char error[256];

	return trace_read(image, bytes, "test", error, sizeof(error));
}

/* No two fields alike, and none that a reader would bound. */
static void fill(struct timer *timer)
{
	struct timer filled;
	size_t i;

	for (i = 0; i < sizeof(filled); i++)
		((uint8_t *)&filled)[i] = (uint8_t)(i * 7 + 1) | 1;
	filled.state = TL_SLOT_LIVE;
	filled.site = timer->site;
	filled.kind = TL_TIMERFD;
	filled.notify = TL_NOTIFY_THREAD;
	filled.holder = TL_HOLDER_TLS;
	filled.reserved0 = 0;
	filled.signo = 0x5b;
	filled.epoll_fd = 0x123456;
	filled.flags |= TL_F_REGISTERED | TL_F_PLACE_FREED | TL_F_PAYLOAD_FREED;
	*timer = filled;
}

static void read_filled(uint16_t major)
{
	struct trace_maker *maker = trace_maker_new(7);
	struct timer *timer = maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	struct trace_bytes bytes;
	struct image image;

	maker->header.major = major;
	fill(timer);
	bytes = trace_maker_bytes(maker);
	assert_int_equal(read_bytes(&image, &bytes), 0);
	assert_null(image.damage);
	assert_int_equal(image.timer_count, 1);
	assert_memory_equal(image.timers, timer, sizeof(*timer));
	image_free(&image);
	trace_maker_free(maker);
}

static void test_every_field_arrives(void **state)
{
	(void)state;
	read_filled(TL_MAJOR);
	read_filled(2);
	read_filled(1);
}

/* The second part was never written. */
static void test_what_a_flag_gives_its_meaning(void **state)
{
	const struct tl_timer timer = {.state = TL_SLOT_LIVE};
	const struct tl_timer_more more = {0};
	struct timer joined = timer_join(&timer, &more);

	(void)state;
	assert_int_equal(joined.epoll_fd, -1);
	assert_int_equal(joined.place_freed_stack, TL_NONE);
	assert_int_equal(joined.payload_freed_stack, TL_NONE);
}

static struct trace_maker *many(uint32_t count)
{
	struct trace_maker *maker = trace_maker_new(7);
	uint32_t site = maker_simple_site(maker, TL_TIMERFD), i;

	for (i = 0; i < count; i++)
		maker_timer(maker, site)->retained = 1000 + i; /* its id is i */
	return maker;
}

static void assert_in_order(const struct image *image, size_t count)
{
	size_t i;

	assert_int_equal(image->timer_count, count);
	for (i = 0; i < count; i++) {
		assert_int_equal(image->timers[i].id, i);
		assert_int_equal(image->timers[i].retained, 1000 + i);
	}
}

static void test_over_many_pages(void **state)
{
	static const uint32_t counts[] = {1,	    PER_PAGE - 2, PER_PAGE - 1,
					  PER_PAGE, 3 * PER_PAGE, 255};
	struct trace_maker *maker;
	struct trace_bytes bytes;
	struct image image;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		maker = many(counts[i]);
		maker->chunk_slots = i % 2 ? 100 : 0;
		bytes = trace_maker_bytes(maker);
		assert_int_equal(read_bytes(&image, &bytes), 0);
		assert_null(image.damage);
		assert_in_order(&image, counts[i]);
		image_free(&image);
		trace_maker_free(maker);
	}
}

/* Cut in the midst of a page of second parts, and of the one of first parts behind it. */
static void test_cut(void **state)
{
	struct trace_maker *maker = many(3 * PER_PAGE);
	struct trace_bytes bytes = trace_maker_bytes(maker);
	uint64_t chunk = bytes.len - 4 * 2 * PAGE; /* the timers' comes last */
	const struct {
		uint64_t len;
		size_t whole;
	} cuts[] = {
	    {PAGE, 0},
	    {PAGE + 128, 0}, /* beside the header */
	    {PAGE + 2 * 128, 1},
	    {PAGE + 10 * 128 - 1, 8},
	    {2 * PAGE, PER_PAGE - 1},
	    {3 * PAGE, PER_PAGE - 1},
	    {3 * PAGE + 128, PER_PAGE},
	};
	struct image image;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		bytes.len = chunk + cuts[i].len;
		assert_int_equal(read_bytes(&image, &bytes), 0);
		assert_non_null(image.damage);
		assert_in_order(&image, cuts[i].whole);
		image_free(&image);
	}
	trace_maker_free(maker);
}

/* One timer in parts of that size, as a later minor version may have them. */
static void read_sized(uint32_t size, uint32_t capacity, bool good)
{
	struct trace_maker *maker = many(1);
	struct trace_bytes bytes = trace_maker_bytes(maker);
	struct tl_chunk *chunk = (void *)(bytes.data + bytes.len - 2 * PAGE);
	struct image image;

	assert_int_equal(chunk->kind, TL_CHUNK_TIMER);
	chunk->slot_size = size;
	chunk->capacity = capacity;
	if (good) {
		memmove((char *)chunk + size, (char *)chunk + 128, 128);
		memmove((char *)chunk + PAGE + size, (char *)chunk + PAGE + 128, 128);
	}
	assert_int_equal(read_bytes(&image, &bytes), 0);
	assert_int_equal(image.damage == NULL, good);
	assert_in_order(&image, good);
	image_free(&image);
	trace_maker_free(maker);
}

static void test_parts_of_other_sizes(void **state)
{
	(void)state;
	read_sized(128, 31, true);
	read_sized(128, 32, false);
	read_sized(256, 15, true);
	read_sized(2048, 1, true);
	read_sized(4096, 1, false);
	read_sized(64, 1, false);
	read_sized(136, 1, false);
	read_sized(8192, 1, false);
	read_sized(UINT32_MAX, 1, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_field_arrives),
	    cmocka_unit_test(test_what_a_flag_gives_its_meaning),
	    cmocka_unit_test(test_over_many_pages),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_parts_of_other_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
