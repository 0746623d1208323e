/* SPDX-License-Identifier: MIT */
/* test_util.c - strings, hashing, names, amounts. */
#include "analyzer/strbuf.h"
#include "analyzer/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_fnv_is_the_published_one(void **state)
{
	(void)state;
	assert_true(fnv_add(FNV_START, "", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(fnv_add(FNV_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(fnv_add(FNV_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void test_hex(void **state)
{
	char out[9];

	(void)state;
	hex_encode(out, (const uint8_t[]){0x00, 0x1f, 0xa0, 0xff}, 4);
	assert_string_equal(out, "001fa0ff");
}

static void test_nearest_name(void **state)
{
	static const char *const names[] = {"max-leaks", "max-undrained", "color", NULL};

	(void)state;
	assert_string_equal(nearest_name("max-leak", names), "max-leaks");
	assert_string_equal(nearest_name("colour", names), "color");
	assert_null(nearest_name("frobnicate", names));
	assert_null(nearest_name("a-name-that-is-much-longer-than-any-name-of-an-option", names));
}

static void test_parse_u64(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_true(parse_u64("0", 10, &value) && value == 0);
	assert_true(parse_u64("18446744073709551615", UINT64_MAX, &value) && value == UINT64_MAX);
	assert_false(parse_u64("18446744073709551616", UINT64_MAX, &value));
	assert_true(parse_u64("255", 255, &value) && value == 255);
	assert_false(parse_u64("256", 255, &value));
	assert_false(parse_u64("9", 5, &value));
	assert_false(parse_u64("", 10, &value));
	assert_false(parse_u64("-1", 10, &value));
	assert_false(parse_u64(" 1", 10, &value));
	assert_false(parse_u64("1x", 10, &value));
}

static void test_durations(void **state)
{
	char out[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_duration(out, 0), "0 ns");
	assert_string_equal(human_duration(out, 450000), "450 us");
	assert_string_equal(human_duration(out, 12 * NSEC_PER_MSEC), "12 ms");
	assert_string_equal(human_duration(out, 1200 * NSEC_PER_MSEC), "1.2 s");
	assert_string_equal(human_duration(out, 60 * NSEC_PER_SEC), "60 s");
	assert_string_equal(human_duration(out, 200 * NSEC_PER_SEC), "3 min 20 s");
	assert_string_equal(human_duration(out, 11100 * NSEC_PER_SEC), "3 h 5 min");
	human_duration(out, UINT64_MAX);
}

static void test_bytes(void **state)
{
	char out[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_bytes(out, 0), "0 B");
	assert_string_equal(human_bytes(out, 1023), "1023 B");
	assert_string_equal(human_bytes(out, 1024), "1.0 KiB");
	assert_string_equal(human_bytes(out, 4404019), "4.2 MiB");
	assert_string_equal(human_bytes(out, 1048575), "1.0 MiB");
	human_bytes(out, UINT64_MAX);
}

static void test_strbuf_grows(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		strbuf_printf(&sb, "%d,", i);
	assert_false(sb.failed);
	assert_int_equal(sb.len, 3890);
	assert_int_equal(strlen(sb.data), sb.len);
	strbuf_free(&sb);
}

static void test_terminals_are_safe(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_puts_safe(&sb, "a\033[31m\n\t\x7f\xc2\x9b gr\xc3\xbc\xc3\x9f");
	assert_string_equal(sb.data, "a\\x1b[31m\\x0a\\x09\\x7f\\x9b gr\xc3\xbc\xc3\x9f");
	strbuf_free(&sb);
}

static void test_basename(void **state)
{
	(void)state;
	assert_string_equal(path_basename("/a/b"), "b");
	assert_string_equal(path_basename("b"), "b");
	assert_string_equal(path_basename("/a/"), "/a/");
	assert_string_equal(path_basename(""), "");
}

static void test_sums_are_capped(void **state)
{
	(void)state;
	assert_true(sum_capped(1, 2) == 3);
	assert_true(sum_capped(SUM_MAX - 1, 1) == SUM_MAX);
	assert_true(sum_capped(SUM_MAX, 1) == SUM_MAX);
	assert_true(sum_capped(UINT64_MAX, 2) == SUM_MAX);
	assert_true(sum_capped(0, UINT64_MAX) == SUM_MAX);
}

/* ---- draining ----------------------------------------------------------------------------- */

static int take(void *to, const char *data, size_t len)
{
	strbuf_add(to, data, len);
	return 0;
}

static int refuse(void *to, const char *data, size_t len)
{
	(void)data;
	++*(int *)to;
	return len ? -1 : 0;
}

/* More than is ever kept, in pieces of any size. */
static void fill(struct strbuf *out)
{
	static const char piece[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	size_t i;

	for (i = 0; i < 100000; i++) {
		strbuf_add(out, piece, i % sizeof(piece));
		strbuf_printf(out, "%zu", i);
	}
}

static void test_a_drain_gets_all_in_order(void **state)
{
	struct strbuf all = STRBUF_INIT, taken = STRBUF_INIT;
	struct strbuf out = {.drain = take, .to = &taken};

	(void)state;
	fill(&all);
	fill(&out);
	assert_true(taken.len > 0 && out.size < all.len / 2);
	strbuf_drain(&out);
	assert_int_equal(out.len, 0);
	assert_int_equal(taken.len, all.len);
	assert_memory_equal(taken.data, all.data, all.len);
	strbuf_free(&all);
	strbuf_free(&out);
	strbuf_free(&taken);
}

static void test_a_drain_that_fails_is_asked_once(void **state)
{
	int asked = 0;
	struct strbuf out = {.drain = refuse, .to = &asked};

	(void)state;
	fill(&out);
	assert_true(out.failed);
	assert_int_equal(asked, 1);
	strbuf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fnv_is_the_published_one),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_nearest_name),
	    cmocka_unit_test(test_parse_u64),
	    cmocka_unit_test(test_durations),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_strbuf_grows),
	    cmocka_unit_test(test_terminals_are_safe),
	    cmocka_unit_test(test_basename),
	    cmocka_unit_test(test_sums_are_capped),
	    cmocka_unit_test(test_a_drain_gets_all_in_order),
	    cmocka_unit_test(test_a_drain_that_fails_is_asked_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
