/* SPDX-License-Identifier: MIT */
/* test_own_rules.c - suppressions that programs bring: for their own images, and no others. */
#include "analyzer/image_set.h"
#include "analyzer/image_set_defer.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MANY (IMAGES_AT_ONCE + 1)

static void leak(struct trace_maker *maker, const char *library)
{
	const struct maker_frame frame = {maker_module(maker, library, library, 0), 16};

	maker_timer(maker, maker_site(maker, TL_TIMERFD, maker_stack(maker, &frame, 1)));
}

static void assert_numbers(const struct report *report, unsigned leaked, unsigned suppressed)
{
	assert_int_equal(report->summary.leaked, leaked);
	assert_int_equal(report->summary.suppressed, suppressed);
}

/* By exec: the process is the same, the program is another. */
static void test_not_of_the_next_program(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *first = report_fixture_image(f, 10);
	struct trace_maker *second = report_fixture_image(f, 10);

	(void)state;
	leak(first, "/nonexistent/liba.so");
	leak(first, "/nonexistent/libshared.so");
	maker_note(first, TL_NOTE_RULES, "leak:lib\n");
	leak(second, "/nonexistent/libb.so");
	leak(second, "/nonexistent/libshared.so");
	second->header.start_realtime = first->header.start_realtime + 1;
	/* What both have at one site is not the first one's alone. */
	assert_numbers(report_fixture_build(f), 3, 1);
	assert_true(suppressions_is_own(f->rules, 0));
	report_fixture_free(f);
}

static void test_not_of_the_next_report(void **state)
{
	struct report_fixture *base = report_fixture_new(), *now = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(base, 7);
	struct suppressions *rules = now->rules;
	uint64_t hits;
	bool is_default;

	(void)state;
	report_fixture_suppress(base, "leak:libx.so\n");
	leak(maker, "/nonexistent/liba.so");
	leak(maker, "/nonexistent/libx.so");
	maker_note(maker, TL_NOTE_RULES, "leak:liba.so\n");
	assert_numbers(report_fixture_build(base), 0, 2);
	leak(report_fixture_image(now, 7), "/nonexistent/liba.so");
	now->rules = base->rules;
	assert_numbers(report_fixture_build(now), 1, 0);
	assert_int_equal(suppressions_count(now->rules), 1);
	assert_string_equal(suppressions_rule(now->rules, 0, &hits, &is_default), "leak:libx.so");
	assert_int_equal(hits, 0);
	now->rules = rules;
	report_fixture_free(now);
	report_fixture_free(base);
}

static void write_trace(const char *path, uint32_t pid)
{
	struct trace_maker *maker = trace_maker_new(pid);
	struct trace_bytes bytes;
	FILE *file = fopen(path, "we");

	leak(maker, "/nonexistent/liba.so");
	maker_note(maker, TL_NOTE_RULES, "leak:liba.so\n");
	bytes = trace_maker_bytes(maker);
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
	fclose(file);
	trace_maker_free(maker);
}

/* Of many traces the records are not kept, and not there before they are looked at. */
static void test_of_many_traces(void **state)
{
	char dir[] = "/tmp/test_own_rules.XXXXXX", paths[MANY][64];
	struct report_input inputs[MANY] = {{0}};
	struct report_fixture *f = report_fixture_new();
	struct image_set set = {0};
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu", dir, i);
		write_trace(paths[i], (uint32_t)i + 10);
		inputs[i].path = paths[i];
	}
	assert_int_equal(image_set_read(&set, inputs, MANY), 0);
	assert_int_equal(image_set_count(&set), MANY);
	assert_non_null(image_set_ordered(&set)[0]->read_again);
	assert_int_equal(
	    report_build(&f->report, image_set_ordered(&set), MANY, f->sym, f->rules, &f->options),
	    0);
	assert_numbers(&f->report, 0, MANY);
	report_fixture_free(f);
	image_set_free(&set);
	for (i = 0; i < MANY; i++)
		unlink(paths[i]);
	rmdir(dir);
}

static void test_wrong_or_unwanted(void **state)
{
	struct report_fixture *f = report_fixture_new(), *none = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 7);
	struct trace_maker *other = report_fixture_image(none, 7);

	(void)state;
	leak(maker, "/nonexistent/liba.so");
	maker_note(maker, TL_NOTE_RULES, "leak:liba.so\nnonsense\n");
	assert_numbers(report_fixture_build(f), 1, 0);
	assert_non_null(f->report.own_rules_error);
	assert_non_null(strstr(f->report.warnings[0], SUPPRESSIONS_OWN ":2: "));
	leak(other, "/nonexistent/liba.so");
	maker_note(other, TL_NOTE_RULES, "leak:liba.so\n");
	none->options.no_own_rules = true;
	assert_numbers(report_fixture_build(none), 1, 0);
	report_fixture_free(none);
	report_fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_not_of_the_next_program),
	    cmocka_unit_test(test_not_of_the_next_report),
	    cmocka_unit_test(test_of_many_traces),
	    cmocka_unit_test(test_wrong_or_unwanted),
	};

	return cmocka_run_group_tests_name("own_rules", tests, NULL, NULL);
}
