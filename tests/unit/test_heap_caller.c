/* SPDX-License-Identifier: MIT */
/* test_heap_caller.c - which frame is said to have allocated, and which frames are one place. */
#include "analyzer/heap_caller.h"
#include "frame_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *caller(struct frame *frames, size_t count)
{
	const struct merged_stack stack = {.frames = frame_list(frames, count), .count = count};

	return heap_caller_frame(&stack)->function;
}

static void test_allocators_are_left_out(void **state)
{
	struct frame cxx[] = {{.function = "operator new[]"},
			      {.function = "std::__new_allocator<int>::allocate"},
			      {.function = "std::vector<int>::push_back"},
			      {.function = "grow"},
			      {.function = "std::sort"},
			      {.function = "main"}};
	struct frame own[] = {{.function = "realloc"}, {.function = "xrealloc"}};
	struct frame libc[] = {{.function = "getline", .module_flags = TL_MOD_LIBC},
			       {.function = "read_line"}};
	struct frame nameless[] = {{.function = "operator delete"}, {.offset = 5}};

	(void)state;
	assert_string_equal(caller(cxx, 6), "grow");
	assert_string_equal(caller(own, 2), "xrealloc");
	assert_string_equal(caller(libc, 2), "read_line");
	assert_null(caller(nameless, 2));
}

static void test_names_that_only_look_so(void **state)
{
	struct frame frames[] = {{.function = "malloc_stats"}, {.function = "main"}};

	(void)state;
	assert_string_equal(caller(frames, 2), "malloc_stats");
	frames[0].function = "Pool::operator new"; /* the user's own */
	assert_string_equal(caller(frames, 2), "Pool::operator new");
}

static void test_something_is_always_left(void **state)
{
	struct frame frames[] = {{.function = "operator new"},
				 {.function = "__libc_start_main", .module_flags = TL_MOD_LIBC}};
	const struct merged_stack stack = {
	    .frames = frame_list(frames, 2), .count = 2, .flags = TL_STACK_CUT};
	const struct merged_stack unknown = {.count = 0};

	(void)state;
	assert_int_equal(heap_caller(&stack).count, 2);
	assert_int_equal(heap_caller(&stack).flags, TL_STACK_CUT);
	assert_null(heap_caller_frame(&unknown));
}

static void test_one_place(void **state)
{
	const struct frame a = {.function = "f", .file = "a.c", .line = 3, .offset = 1};
	struct frame b = a;

	(void)state;
	b.offset = 2; /* inlined twice */
	assert_int_equal(heap_frame_compare(&a, &b), 0);
	b.line = 4;
	assert_true(heap_frame_compare(&a, &b) < 0 && heap_frame_compare(&b, &a) > 0);
	b = a;
	b.file = NULL;
	assert_true(heap_frame_compare(&a, &b) > 0 && heap_frame_compare(&b, &a) < 0);
	b = a;
	b.line = 0;
	assert_true(heap_frame_compare(&a, &b) > 0);
	assert_true(heap_frame_compare(NULL, &b) < 0 && heap_frame_compare(&b, NULL) > 0);
	assert_int_equal(heap_frame_compare(NULL, NULL), 0);
}

static void test_places_without_lines(void **state)
{
	const struct frame a = {.function = "f", .module = "/m", .offset = 1};
	struct frame b = a;

	(void)state;
	b.offset = 2;
	assert_true(heap_frame_compare(&a, &b) < 0);
	b = a;
	assert_int_equal(heap_frame_compare(&a, &b), 0);
	b.module = "/n";
	assert_true(heap_frame_compare(&a, &b) < 0);
	b = a;
	b.function = NULL;
	assert_true(heap_frame_compare(&a, &b) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allocators_are_left_out),
	    cmocka_unit_test(test_names_that_only_look_so),
	    cmocka_unit_test(test_something_is_always_left),
	    cmocka_unit_test(test_one_place),
	    cmocka_unit_test(test_places_without_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
