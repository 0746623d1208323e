/* SPDX-License-Identifier: MIT */
/* test_emit.c - what the text and the JSON say, and that foreign names cannot spoil them. */
#include "analyzer/emit_json.h"
#include "analyzer/emit_text.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

static const struct gate no_gate = {.limits = {GATE_UNSET, GATE_UNSET}};

static void contains(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("'%s' is not in:\n%s", line, text);
}

static char *text_of(const struct report *report, const struct gate *gate)
{
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(emit_text(&out, report, gate, false), 0);
	return out.data;
}

static json_t *json_of(const struct report *report, const struct gate *gate)
{
	struct strbuf out = STRBUF_INIT;
	json_error_t error;
	json_t *root;

	assert_int_equal(emit_json(&out, report, gate), 0);
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	strbuf_free(&out);
	return root;
}

/* Twelve timerfds at a site with names, and one static handle. */
static struct report_fixture *named(void)
{
	static struct frame frames[] = {
	    {.function = "arm", .file = "util.h", .line = 7, .inlined = true, .module = "/bin/app"},
	    {.function = "serve", .file = "server.c", .line = 80, .module = "/bin/app"},
	    {.function = "start_thread", .module = "/lib/libc.so.6", .module_flags = TL_MOD_LIBC},
	    {.module = "/usr/lib/libx.so", .offset = 0x123},
	    {.offset = 0x7fff0000}};
	static const struct frame *const listed[] = {&frames[0], &frames[1], &frames[2], &frames[3],
						     &frames[4]};
	static const struct merged_stack stack = {.frames = listed, .count = 5};
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 4711);
	uint32_t i, site = maker_simple_site(maker, TL_TIMERFD);

	for (i = 0; i < 12; i++)
		maker_timer(maker, site);
	maker_timer(maker, maker_site(maker, TL_POSIX, 0))->holder = TL_HOLDER_TLS;
	maker->timers[12].holder_tid = 99;
	report_fixture_build(f)->entries[0]->site->stack = &stack;
	return f;
}

/* ---- text --------------------------------------------------------------------------------- */

static void test_text_record(void **state)
{
	struct report_fixture *f = named();
	char *text = text_of(&f->report, &no_gate);

	(void)state;
	contains(text, "==4711== 12 timerfds leaked (possible, never_stopped): never closed before "
		       "the process ended\n"
		       "==4711==     armed; age 60 s; CLOCK_MONOTONIC\n"
		       "==4711==     #0 arm util.h:7 (inlined)\n"
		       "==4711==     #1 serve server.c:80\n"
		       "==4711==     #2 /usr/lib/libx.so+0x123\n"
		       "==4711==     #3 0x7fff0000\n"
		       "==4711==     advice: ");
	contains(text, "==4711== held: 1 POSIX timer made in /nonexistent/app+0x1234 "
		       "(static_handle): still held in thread-local storage of living thread 99\n");
	contains(text, "\nSUMMARY: timerleak: 12 timers leaked at 1 site (1 held)\n");
	assert_null(strstr(text, "start_thread"));
	free(text);
	report_fixture_free(f);
}

static void test_nothing_to_say(void **state)
{
	struct report_fixture *f = report_fixture_new();
	char *text;

	(void)state;
	report_fixture_image(f, 1);
	text = text_of(report_fixture_build(f), &no_gate);
	assert_string_equal(text, "SUMMARY: timerleak: 0 timers leaked\n");
	free(text);
	report_fixture_free(f);
}

static const char *summary_of(const struct report_summary *summary, unsigned kinds)
{
	const struct report report = {
	    .complete = true, .summary = *summary, .options = {.leak_kinds = kinds}};
	static char line[256];
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(emit_text_summary(&out, &report, &no_gate, false), 0);
	strcpy(line, out.data + strlen("SUMMARY: timerleak: "));
	strbuf_free(&out);
	return line;
}

static void test_summary_line(void **state)
{
	struct report_summary s = {.leaked = 12, .sites = 2, .undrained = 1};

	(void)state;
	s.kinds[KIND_HELD] = 3;
	s.retained_bytes = 4404019;
	assert_string_equal(
	    summary_of(&s, LEAK_KINDS_DEFAULT),
	    "12 timers leaked at 2 sites (3 held, 1 undrained, 4.2 MiB retained)\n");
	assert_string_equal(summary_of(&s, LEAK_KINDS_DEFAULT | KIND_BIT(KIND_HELD)),
			    "12 timers leaked at 2 sites (1 undrained, 4.2 MiB retained)\n");
	s = (struct report_summary){.leaked = 1, .sites = 1};
	assert_string_equal(summary_of(&s, 0), "1 timer leaked at 1 site\n");
	s = (struct report_summary){.undrained = 2};
	assert_string_equal(summary_of(&s, 0), "0 timers leaked (2 undrained)\n");
}

static void test_gate_says_why(void **state)
{
	struct report_fixture *f = named();
	const struct gate_limits limits = {2, 0};
	struct gate gate;
	char *text;

	(void)state;
	f->report.complete = false;
	gate_judge(&gate, &limits, &f->report);
	text = text_of(&f->report, &gate);
	contains(text, "==4711== gate failed: 12 leaked, at most 2 allowed\n");
	contains(text, "==4711== gate failed: the data is incomplete\nSUMMARY: ");
	free(text);
	report_fixture_free(f);
}

static void test_escape_sequences_are_harmless(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	uint32_t module = maker_module(maker, "/tmp/\033[2Jevil\n==1== lie", NULL, 0);
	const struct maker_frame frame = {module, 16};
	char *text;

	(void)state;
	maker_timer(maker, maker_site(maker, TL_POSIX, maker_stack(maker, &frame, 1)));
	maker_note(maker, TL_NOTE_OPTION, "bad \033]0;title\a");
	trace_maker_exe(maker, "/tmp/\033[31mred");
	text = text_of(report_fixture_build(f), &no_gate);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\a'));
	assert_null(strstr(text, "\n==1== lie"));
	contains(text, "\\x1b[2Jevil\\x0a");
	free(text);
	report_fixture_free(f);
}

static void test_colour(void **state)
{
	struct report_fixture *f = named();
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(emit_text(&out, &f->report, &no_gate, true), 0);
	contains(out.data, "\033[1;31mSUMMARY: timerleak: 12 timers leaked at 1 site");
	strbuf_free(&out);
	report_fixture_free(f);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static json_t *at(json_t *root, const char *key)
{
	json_t *value = json_object_get(root, key);

	if (!value)
		fail_msg("no key '%s'", key);
	return value;
}

static void has_keys(json_t *object, const char *keys)
{
	char *copy = strdup(keys), *rest = copy, *key;

	while ((key = strsep(&rest, " ")))
		at(object, key);
	free(copy);
}

static void test_json_keys(void **state)
{
	struct report_fixture *f = named();
	json_t *root = json_of(&f->report, &no_gate), *site, *process;

	(void)state;
	assert_string_equal(json_string_value(at(root, "schema")), "timerleak/1");
	has_keys(root, "version complete gate summary sites hazards suppressions processes");
	has_keys(at(root, "gate"),
		 "max_leaks max_undrained leak_kinds leaked undrained passed reasons");
	has_keys(at(root, "summary"),
		 "created stopped live leaked definite possible held undecided suppressed "
		 "baselined undrained inherited untracked hazards retained_bytes sites "
		 "lost_records lost_stacks");
	site = json_array_get(at(root, "sites"), 0);
	has_keys(site, "fingerprint timer kind class count undrained retained_bytes site_created "
		       "site_stopped clock notify states age_ns threads threads_total pids "
		       "pids_total stack evidence advice");
	has_keys(at(site, "states"), "never_armed armed expired disarmed");
	has_keys(at(site, "age_ns"), "min median max");
	has_keys(json_array_get(at(site, "stack"), 0),
		 "function file line inlined module build_id offset");
	assert_null(json_object_get(site, "suppressed_by"));
	assert_null(json_object_get(site, "freed_by"));
	assert_true(json_is_null(at(site, "notify")));
	process = json_array_get(at(root, "processes"), 0);
	has_keys(process, "pid ppid exe argv ended status signal inherited limits");
	has_keys(at(process, "limits"), "sigpending_used sigpending_max nofile_used nofile_max");
	json_decref(root);
	report_fixture_free(f);
}

static void test_json_gate(void **state)
{
	struct report_fixture *f = named();
	const struct gate_limits pass = {12, GATE_UNSET}, fail = {11, GATE_UNSET};
	struct gate gate;
	json_t *root;

	(void)state;
	root = json_of(&f->report, &no_gate);
	assert_true(json_is_null(at(at(root, "gate"), "passed")));
	json_decref(root);
	gate_judge(&gate, &pass, &f->report);
	root = json_of(&f->report, &gate);
	assert_true(json_is_true(at(at(root, "gate"), "passed")));
	json_decref(root);
	gate_judge(&gate, &fail, &f->report);
	root = json_of(&f->report, &gate);
	assert_true(json_is_false(at(at(root, "gate"), "passed")));
	assert_string_equal(json_string_value(json_array_get(at(at(root, "gate"), "reasons"), 0)),
			    "max_leaks");
	json_decref(root);
	report_fixture_free(f);
}

static void test_json_of_bytes_that_are_not_text(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	json_t *root, *process;

	(void)state;
	trace_maker_exe(maker, "/tmp/\xff\xc3\xa9\xed\xa0\x80\xf0\x9f\x95\x92\x01");
	memcpy(maker->header.argv, "a\0\0b\xfe\0", 6);
	maker->header.argv_len = 6;
	maker->header.flags = TL_HDR_LIMITS;
	maker->header.nofile_max = 1024;
	maker->header.sigpending_max = UINT64_MAX;
	root = json_of(report_fixture_build(f), &no_gate);
	process = json_array_get(at(root, "processes"), 0);
	assert_string_equal(json_string_value(at(process, "exe")),
			    "/tmp/\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			    "\xf0\x9f\x95\x92\x01");
	assert_int_equal(json_array_size(at(process, "argv")), 3);
	assert_int_equal(json_integer_value(at(at(process, "limits"), "nofile_max")), 1024);
	assert_true(json_is_null(at(at(process, "limits"), "sigpending_max")));
	json_decref(root);
	report_fixture_free(f);
}

static void test_how_processes_ended(void **state)
{
	static const struct {
		uint32_t end_state;
		const char *ended;
		bool status, signal;
	} rows[] = {
	    {TL_END_EXIT, "exit", true, false},
	    {TL_END__EXIT, "_exit", true, false},
	    {TL_END_QUICK_EXIT, "quick_exit", true, false},
	    {TL_END_EXEC, "exec", false, false},
	    {TL_END_SIGNAL, "signal", false, true},
	    {TL_END_RUNNING, "unknown", false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_fixture *f = report_fixture_new();
		struct trace_maker *maker = report_fixture_image(f, 1);
		json_t *root, *process;

		maker->header.end_state = rows[i].end_state;
		maker->header.end_status = 3;
		root = json_of(report_fixture_build(f), &no_gate);
		process = json_array_get(at(root, "processes"), 0);
		assert_string_equal(json_string_value(at(process, "ended")), rows[i].ended);
		assert_int_equal(json_is_integer(at(process, "status")), rows[i].status);
		assert_int_equal(json_is_integer(at(process, "signal")), rows[i].signal);
		json_decref(root);
		report_fixture_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_record),
	    cmocka_unit_test(test_nothing_to_say),
	    cmocka_unit_test(test_summary_line),
	    cmocka_unit_test(test_gate_says_why),
	    cmocka_unit_test(test_escape_sequences_are_harmless),
	    cmocka_unit_test(test_colour),
	    cmocka_unit_test(test_json_keys),
	    cmocka_unit_test(test_json_gate),
	    cmocka_unit_test(test_json_of_bytes_that_are_not_text),
	    cmocka_unit_test(test_how_processes_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
