/* SPDX-License-Identifier: MIT */
/* test_folded.c - stacks as lines for flame graphs. */
#include "analyzer/emit_folded.h"
#include "frame_list.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* One timer at a stack of these frames, and one more at the second if there is one. */
static void expect(struct merged_stack first, struct merged_stack *second, const char *expected)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	struct strbuf out = STRBUF_INIT;

	maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	if (second)
		maker_timer(maker, maker_site(maker, TL_POSIX, 0));
	report_fixture_build(f)->entries[0]->site->stack = &first;
	if (second)
		f->report.entries[1]->site->stack = second;
	assert_int_equal(emit_folded(&out, &f->report), 0);
	assert_string_equal(out.data, expected);
	strbuf_free(&out);
	report_fixture_free(f);
}

static void test_names(void **state)
{
	struct frame odd[] = {{.function = "leaf;\n\x7f"},
			      {.function = "operator()(int, char)"},
			      {.module = "/lib/a;b.so", .offset = 0x10},
			      {.offset = 0x7fff0000},
			      {.function = "start_thread", .module_flags = TL_MOD_LIBC}};
	struct frame libc[] = {{.function = "b", .module_flags = TL_MOD_LIBC},
			       {.function = "a", .module_flags = TL_MOD_LIBC}};

	(void)state;
	expect((struct merged_stack){.frames = frame_list(odd, 5), .count = 5}, NULL,
	       "0x7fff0000;a:b.so+0x10;operator()(int, char);leaf:   1\n");
	expect((struct merged_stack){.frames = frame_list(libc, 2), .count = 2}, NULL, "a;b 1\n");
	expect((struct merged_stack){0}, NULL, "[unknown] 1\n");
	expect(
	    (struct merged_stack){.frames = frame_list(libc, 2), .count = 2, .flags = TL_STACK_CUT},
	    NULL, "[truncated];a;b 1\n");
	expect((struct merged_stack){.frames = frame_list(libc, 2),
				     .count = 2,
				     .flags = TL_STACK_LOST},
	       NULL, "[truncated];a;b 1\n");
}

static void test_equal_names_are_one_line(void **state)
{
	struct frame one[] = {{.function = "f", .line = 1}}, two[] = {{.function = "f", .line = 2}};
	struct merged_stack second = {.frames = frame_list(two, 1), .count = 1};

	(void)state;
	expect((struct merged_stack){.frames = frame_list(one, 1), .count = 1}, &second, "f 2\n");
}

static void test_only_leaks(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	struct strbuf out = STRBUF_INIT;

	(void)state;
	maker_timer(maker, maker_simple_site(maker, TL_POSIX))->holder = TL_HOLDER_TLS;
	assert_int_equal(emit_folded(&out, report_fixture_build(f)), 0);
	assert_int_equal(out.len, 0);
	strbuf_free(&out);
	report_fixture_free(f);
}

static void test_heap(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	struct strbuf out = STRBUF_INIT;
	struct heap_profile profile;

	(void)state;
	maker_simple_site(maker, TL_TIMERFD);
	maker_heap(maker, 2);
	maker_heap_stack(maker, 0, 3, 10, 64);
	maker_heap_stack(maker, TL_NONE, 0, 2, 1000);
	report_fixture_build(f);
	assert_int_equal(heap_profile_build(&profile, f->ordered, f->count, f->sym), 0);
	assert_int_equal(emit_heap_folded(&out, &profile), 0);
	assert_string_equal(out.data, "app+0x2345;app+0x1234 192\n");
	strbuf_free(&out);
	heap_profile_free(&profile);
	report_fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_equal_names_are_one_line),
	    cmocka_unit_test(test_only_leaks),
	    cmocka_unit_test(test_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
