/* SPDX-License-Identifier: MIT */
/* test_emit_ci.c - JSON of all kinds: short of memory, of names that a terminal would obey, and as
 * GitHub takes it: a place for each result, and a word about those that are too many. */
#include "analyzer/emit_ci.h"
#include "analyzer/emit_json.h"
#include "analyzer/formats.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

static const struct gate gate = {.limits = {GATE_UNSET, GATE_UNSET}, .reasons = {"leaks"}};

/* Right to left, one that the terminal obeys, and no UTF-8 at all. */
#define BAD_NAME "a\xe2\x80\xae\x7f\xc2\x9b\xff"

static struct frame frames[] = {
    {.function = BAD_NAME, .file = "/src/arm.c", .line = 7, .inlined = true, .module = "/bin/app"},
    {.function = "serve", .file = "/src/serve.c", .line = 80, .module = "/bin/app"},
    {.module = "/usr/lib/libx.so", .offset = 0x123}};
static const struct frame *listed[] = {&frames[0], &frames[1], &frames[2]};
static const struct merged_stack stack = {.frames = listed, .count = 3};

static struct report_hazard hazards[] = {{TL_HAZ_SPIN, 2, NULL}, {TL_HAZ_CLOEXEC_MISSING, 1, NULL}};

/* A leak, a hazard at its site, which has no debug info, and one that came through exec. */
static struct report_fixture *small(void)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 4711);

	maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	f->options.gen_suppressions = true;
	report_fixture_build(f);
	hazards[0].site = f->report.entries[0]->site;
	f->report.hazards = hazards;
	f->report.hazard_count = 2;
	return f;
}

static void done(struct report_fixture *f)
{
	f->report.hazards = NULL;
	report_fixture_free(f);
}

/* ---- all of JSON -------------------------------------------------------------------------- */

static int write_json(struct strbuf *out, const struct format_input *in)
{
	return emit_json(out, in->report, &gate);
}

static int write_diff(struct strbuf *out, const struct format_input *in)
{
	static const struct baseline_site shown = {.fingerprint = "0123456789abcdef",
						   .class = "orphaned",
						   .frames = listed,
						   .frame_count = 3};
	struct diff_site site = {.shown = &shown, .now = {1, 0, 0}};
	const struct diff diff = {.sites = &site, .count = 1};
	const struct diff_output diff_in = {&diff, "base", "now", KIND_BIT(KIND_DEFINITE), &gate};

	(void)in;
	return emit_diff_json(out, &diff_in);
}

typedef int writer(struct strbuf *out, const struct format_input *in);
static writer *const writers[] = {write_json, write_diff, emit_sarif, emit_gitlab};

static size_t calls, fail_at;

static void *failing_malloc(size_t size)
{
	return ++calls == fail_at ? NULL : malloc(size);
}

static char *write_with(writer *write, const struct format_input *in, size_t at)
{
	struct strbuf out = STRBUF_INIT;
	int result;

	calls = 0;
	fail_at = at;
	result = write(&out, in);
	fail_at = 0;
	if (!result)
		return out.data;
	strbuf_free(&out);
	return NULL;
}

static void test_no_memory_no_report(void **state)
{
	struct report_fixture *f = small();
	const struct format_input in = {.report = &f->report, .gate = &gate};
	size_t i, at;

	(void)state;
	f->report.entries[0]->site->stack = &stack;
	json_set_alloc_funcs(failing_malloc, free);
	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		char *whole = write_with(writers[i], &in, 0), *text = NULL;

		assert_non_null(whole);
		for (at = 1; !text || calls >= at; at++) {
			free(text);
			text = write_with(writers[i], &in, at);
			if (text && strcmp(text, whole) != 0)
				fail_msg("writer %zu, allocation %zu: a part is missing:\n%s", i,
					 at, text);
		}
		assert_true(at > 20);
		free(text);
		free(whole);
	}
	json_set_alloc_funcs(malloc, free);
	done(f);
}

static void test_terminals_get_nothing_to_obey(void **state)
{
	struct report_fixture *f = small();
	const struct format_input in = {.report = &f->report, .gate = &gate};
	size_t i;

	(void)state;
	f->report.entries[0]->site->stack = &stack;
	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		char *text = write_with(writers[i], &in, 0);

		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_null(strchr(text, 0x7f));
		assert_null(strstr(text, "\xc2\x9b"));
		free(text);
	}
	done(f);
}

/* ---- SARIF -------------------------------------------------------------------------------- */

static json_t *run_of(const struct report *report, json_t **root)
{
	const struct format_input in = {.report = report, .gate = &gate};
	char *text = write_with(emit_sarif, &in, 0);

	*root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	assert_non_null(*root);
	return json_array_get(json_object_get(*root, "runs"), 0);
}

static const char *uri_of(json_t *result)
{
	const char *uri = NULL;

	assert_int_equal(json_unpack(result, "{s:[{s:{s:{s:s}}}]}", "locations", "physicalLocation",
				     "artifactLocation", "uri", &uri),
			 0);
	return uri;
}

static void test_each_result_has_a_place(void **state)
{
	struct report_fixture *f = small();
	json_t *root, *results = json_object_get(run_of(&f->report, &root), "results");
	const char *print = NULL;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(results), 3);
	for (i = 0; i < 3; i++)
		assert_string_equal(uri_of(json_array_get(results, i)), "file:///nonexistent/app");
	json_unpack(json_array_get(results, 1), "{s:{s:s}}", "partialFingerprints", "timerleak/v1",
		    &print);
	assert_string_equal(strchr(print, '.'), ".spin");
	assert_int_equal(strcspn(print, "."), 16);
	json_decref(root);
	/* The first file inside the root, also of a hazard. */
	frames[1].file = "serve.c";
	f->report.entries[0]->site->stack = &stack;
	results = json_object_get(run_of(&f->report, &root), "results");
	assert_string_equal(uri_of(json_array_get(results, 0)), "serve.c");
	assert_string_equal(uri_of(json_array_get(results, 1)), "serve.c");
	frames[1].file = "/src/serve.c";
	json_decref(root);
	done(f);
}

static void test_too_many_hazards_are_told(void **state)
{
	enum { MANY = 5001 };
	struct report_fixture *f = small();
	struct report_hazard *many = calloc(MANY, sizeof(*many));
	const char *words = NULL;
	json_t *root, *run;
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++)
		many[i] = hazards[1];
	f->report.hazards = many;
	f->report.hazard_count = MANY;
	run = run_of(&f->report, &root);
	assert_int_equal(json_array_size(json_object_get(run, "results")), 5000);
	json_unpack(run, "{s:[{s:[{s:{s:s}}]}]}", "invocations", "toolExecutionNotifications",
		    "message", "text", &words);
	assert_non_null(words);
	assert_non_null(strstr(words, "only 5000 of 5002 results are here"));
	json_decref(root);
	free(many);
	done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_memory_no_report),
	    cmocka_unit_test(test_terminals_get_nothing_to_obey),
	    cmocka_unit_test(test_each_result_has_a_place),
	    cmocka_unit_test(test_too_many_hazards_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
