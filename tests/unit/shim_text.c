/* SPDX-License-Identifier: MIT */
/* Unit tests of sys_text.c: formatter, number parser, strings, environment. */
#include "../../preload/sys.h"
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Our formats are libc's: what both know must come out the same. */
#define check_format(...)                                              \
	do {                                                           \
		char ours_[128], libc_[128];                           \
		int a_ = tl_format(ours_, sizeof(ours_), __VA_ARGS__); \
		int b_ = snprintf(libc_, sizeof(libc_), __VA_ARGS__);  \
		assert_string_equal(ours_, libc_);                     \
		assert_int_equal(a_, b_);                              \
	} while (0)

static void test_format_as_libc(void **state)
{
	(void)state;
	check_format("plain");
	check_format("%s|%5s|%1s", "abc", "abc", "abc");
	check_format("%d %d %d", 0, INT_MAX, INT_MIN);
	check_format("%u %x", UINT_MAX, 0xabcdefu);
	check_format("%ld %ld %lu %lx", LONG_MAX, LONG_MIN, ULONG_MAX, ULONG_MAX);
	check_format("%lld %lld", LLONG_MAX, LLONG_MIN);
	check_format("%llu %llx", ULLONG_MAX, ULLONG_MAX);
	check_format("%zu %zx", SIZE_MAX, SIZE_MAX);
	check_format("%c%3c%%", 'a', 'b');
	check_format("[%5d][%05d][%5d][%05d][%2d]", 42, 42, -42, -42, 12345);
	check_format("[%04x][%4x][%016lx]", 0x1fu, 0x1fu, 0x1ful);
	check_format("%s %d %s %llu", "a", -1, "b", 7ull);
}

static void test_format_odd(void **state)
{
	static const char *const odd[] = {"%q", "a%", "%5", "%ls", "%-3d", "%.3d", "%f"};
	const char *volatile null = NULL; /* from the compiler's own check */
	char buf[16];

	(void)state;
	for (size_t i = 0; i < TL_ARRAY_LEN(odd); i++) {
		const char *volatile text = odd[i];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		tl_format(buf, sizeof(buf), text, 5);
#pragma GCC diagnostic pop
		assert_string_equal(buf, odd[i]);
	}
	tl_format(buf, sizeof(buf), "%s", null);
	assert_string_equal(buf, "(null)");
}

static void test_format_bounds(void **state)
{
	char buf[8] = "zzzzzzz";

	(void)state;
	assert_int_equal(tl_format(buf, 4, "%d", 123456), 6);
	assert_string_equal(buf, "123");
	assert_int_equal(buf[4], 'z');
	assert_int_equal(tl_format(buf, 1, "abc"), 3);
	assert_string_equal(buf, "");
	assert_int_equal(tl_format(NULL, 0, "%s", "abc"), 3);
	assert_int_equal(tl_format(buf, sizeof(buf), "%s", "1234567"), 7);
	assert_string_equal(buf, "1234567");
}

static void test_parse(void **state)
{
	const char *s = "18446744073709551615,18446744073709551616";
	uint64_t value = 9;
	bool negative;

	(void)state;
	assert_true(tl_parse_u64(&s, 10, &value));
	assert_int_equal(value, UINT64_MAX);
	assert_int_equal(*s++, ',');
	assert_false(tl_parse_u64(&s, 10, &value));
	assert_int_equal(*s, '1');
	s = "fFx";
	assert_true(tl_parse_u64(&s, 16, &value));
	assert_int_equal(value, 255);
	assert_string_equal(s, "x");
	assert_false(tl_parse_u64(&s, 16, &value));
	s = "089";
	assert_false(tl_parse_u64(&(const char *){"8"}, 8, &value));
	assert_true(tl_parse_u64(&s, 10, &value));
	assert_int_equal(value, 89);
	s = "-17 ";
	assert_true(tl_parse_i64(&s, &value, &negative));
	assert_int_equal(value, 17);
	assert_true(negative);
	assert_string_equal(s, " ");
	s = "-";
	assert_false(tl_parse_i64(&s, &value, &negative));
	assert_string_equal(s, "-");
	s = "17";
	assert_true(tl_parse_i64(&s, &value, &negative));
	assert_false(negative);
}

static void test_strings(void **state)
{
	const char *text = "abcabd";
	char buf[4];

	(void)state;
	assert_true(tl_streq("", "") && tl_streq("ab", "ab"));
	assert_false(tl_streq("ab", "abc") || tl_streq("abc", "ab") || tl_streq("ab", "ac"));
	assert_true(tl_starts("abc", "") && tl_starts("abc", "abc"));
	assert_false(tl_starts("ab", "abc"));
	assert_ptr_equal(tl_strstr(text, "abd"), text + 3);
	assert_ptr_equal(tl_strstr(text, ""), text);
	assert_non_null(tl_strstr("", ""));
	assert_null(tl_strstr(text, "abe"));
	assert_int_equal(tl_strcopy(buf, sizeof(buf), text), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(tl_strcopy(buf, sizeof(buf), "xy"), 2);
	assert_string_equal(buf, "xy");
	assert_int_equal(tl_strcopy(NULL, 0, "xy"), 2);
}

static void test_getenv(void **state)
{
	(void)state;
	setenv("TL_SHIM_SYS", "value=1", 1);
	setenv("TL_SHIM_SYS_EMPTY", "", 1);
	assert_string_equal(tl_getenv("TL_SHIM_SYS"), "value=1");
	assert_string_equal(tl_getenv("TL_SHIM_SYS_EMPTY"), "");
	assert_null(tl_getenv("TL_SHIM_SY"));
	assert_null(tl_getenv(""));
	clearenv();
	assert_null(tl_getenv("PATH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format_as_libc), cmocka_unit_test(test_format_odd),
	    cmocka_unit_test(test_format_bounds),  cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_strings),	   cmocka_unit_test(test_getenv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
