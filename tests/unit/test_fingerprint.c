/* SPDX-License-Identifier: MIT */
/* test_fingerprint.c - what changes the name of a site, and what must not. */
#include "analyzer/fingerprint.h"
#include "frame_list.h"
#include "preload/tl_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct frame base[] = {
    {.function = "make", .file = "a.c", .line = 3, .module = "/bin/app", .build_id = "aa"},
    {.function = "main", .file = "a.c", .line = 9, .module = "/bin/app", .build_id = "aa"},
    {.function = "__libc_start_main", .module = "/lib/libc.so.6", .module_flags = TL_MOD_LIBC},
    {.function = "_start", .module = "/bin/app", .build_id = "aa"},
};

#define COUNT (sizeof(base) / sizeof(base[0]))

static const char *of(const struct frame *frames, size_t count, uint32_t kind)
{
	static char out[FINGERPRINT_SIZE];

	fingerprint_make(out, kind, frame_list(frames, count), count);
	return out;
}

static void test_it_is_stored_for_ever(void **state)
{
	(void)state;
	/* Baselines and suppressions of users hold these: they must never change. */
	assert_string_equal(of(base, COUNT, TL_POSIX), "6e583625b1e68e42");
}

static void test_what_must_not_change_it(void **state)
{
	struct frame frames[COUNT];
	char expected[FINGERPRINT_SIZE];

	(void)state;
	strcpy(expected, of(base, COUNT, TL_POSIX));
	memcpy(frames, base, sizeof(base));
	frames[0].line = 77;
	frames[0].offset = 0x999;
	frames[0].build_id = "bb";
	frames[0].inlined = true;
	frames[1].function = "main.constprop.0";
	frames[2].function = "__libc_start_call_main";
	assert_string_equal(of(frames, COUNT, TL_POSIX), expected);
	assert_string_equal(of(frames, 2, TL_POSIX), expected); /* another libc's start-up */
	frames[0].function = "make [clone .part.3]";
	assert_string_equal(of(frames, COUNT, TL_POSIX), expected);
}

static void test_what_must_change_it(void **state)
{
	struct frame frames[COUNT];
	char expected[FINGERPRINT_SIZE];

	(void)state;
	strcpy(expected, of(base, COUNT, TL_POSIX));
	assert_string_not_equal(of(base, COUNT, TL_TIMERFD), expected);
	assert_string_not_equal(of(base, 1, TL_POSIX), expected);
	memcpy(frames, base, sizeof(base));
	frames[0].function = "makem";
	frames[1].function = "ain";
	assert_string_not_equal(of(frames, COUNT, TL_POSIX), expected);
}

static void test_nameless_frames(void **state)
{
	struct frame a = {.module = "/usr/lib/libx.so", .offset = 0x10}, b = a, c = a;

	(void)state;
	b.module = "/opt/lib/libx.so"; /* another place, the same name */
	c.offset = 0x11;
	{
		char expected[FINGERPRINT_SIZE];

		strcpy(expected, of(&a, 1, TL_POSIX));
		assert_string_equal(of(&b, 1, TL_POSIX), expected);
		assert_string_not_equal(of(&c, 1, TL_POSIX), expected);
	}
}

static void test_a_stack_of_the_libc_alone(void **state)
{
	char with[FINGERPRINT_SIZE];

	(void)state;
	strcpy(with, of(base + 2, 1, TL_POSIX));
	assert_string_not_equal(of(base + 3, 1, TL_POSIX), with);
	of(NULL, 0, TL_POSIX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_is_stored_for_ever),
	    cmocka_unit_test(test_what_must_not_change_it),
	    cmocka_unit_test(test_what_must_change_it),
	    cmocka_unit_test(test_nameless_frames),
	    cmocka_unit_test(test_a_stack_of_the_libc_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
