/* SPDX-License-Identifier: MIT */
/* test_baseline.c - saved reports read back: what is refused, and what of a report is old. */
#include "analyzer/baseline.h"
#include "analyzer/gate.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char error[512];
static struct baseline baseline;

static int parse(const char *text)
{
	error[0] = '\0';
	return baseline_parse(&baseline, "old.json", text, strlen(text), error, sizeof(error));
}

#define SITE_REST     "\"undrained\":0,\"retained_bytes\":0,\"stack\":[]}"
#define REPORT(sites) "{\"schema\":\"timerleak/1\",\"complete\":true,\"sites\":[" sites "]}"

/* ---- what is no baseline ------------------------------------------------------------------- */

static void test_refused(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
	    {"", "old.json:1:0: "},
	    {"{\n \"schema\": \"timerleak/1\",\n \"sites\": [\n", "old.json:4:0: "},
	    {"{\"schema\":1,\n\"schema\":2}", "old.json:2:8: duplicate"},
	    {"{} {}", "old.json:1:4: end of file expected"},
	    {"\xff", "old.json:1:0: "},
	    {"[]", "old.json: this is no report"},
	    {"{}", "old.json: this is no report"},
	    {"{\"schema\":\"timerleak/2\"}", "'timerleak/2', where timerleak/1 is expected"},
	    {"{\"schema\":\"\\u001b[31m\"}", "old.json: this is no report"},
	    {"{\"schema\":\"timerleak/1\"}", "old.json: sites: a list"},
	    {REPORT("1"), "old.json: sites[0].fingerprint: "},
	    {REPORT("{\"fingerprint\":\"0123456789abcdeF\"}"), "16 hex digits"},
	    {REPORT("{\"fingerprint\":\"0123456789abcdef\",\"timer\":\"alarm\"}"), ".timer: "},
	    {REPORT("{\"fingerprint\":\"0123456789abcdef\",\"timer\":\"posix\",\"kind\":\"odd\"}"),
	     "sites[0].kind: "},
	    {REPORT("{\"fingerprint\":\"0123456789abcdef\",\"timer\":\"posix\",\"kind\":\"held\","
		    "\"class\":\"x\",\"count\":-1," SITE_REST),
	     "sites[0].count: "},
	    {REPORT("{\"fingerprint\":\"0123456789abcdef\",\"timer\":\"posix\",\"kind\":\"held\","
		    "\"class\":\"x\",\"count\":1.5," SITE_REST),
	     "sites[0].count: "},
	    {REPORT("{\"fingerprint\":\"0123456789abcdef\",\"timer\":\"posix\",\"kind\":\"held\","
		    "\"class\":\"x\",\"count\":1,\"undrained\":0,\"retained_bytes\":0,"
		    "\"stack\":[{\"function\":\"f\",\"file\":7}]}"),
	     "sites[0].stack[0].file: a text is expected"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].text), -1);
		if (!strstr(error, rows[i].expected))
			fail_msg("'%s' is not in '%s'", rows[i].expected, error);
		baseline_free(&baseline);
	}
}

static void test_cut_anywhere(void **state)
{
	const char *text =
	    REPORT("{\"fingerprint\":\"0123456789abcdef\",\"timer\":\"posix\",\"kind\":\"held\","
		   "\"class\":\"x\",\"count\":1,\"undrained\":0,\"retained_bytes\":0,"
		   "\"stack\":[{\"function\":\"f\",\"file\":\"a.c\",\"line\":99999999999}]}");
	size_t len;

	(void)state;
	for (len = 0; len < strlen(text); len++) {
		assert_int_equal(baseline_parse(&baseline, "old", text, len, error, sizeof(error)),
				 -1);
		baseline_free(&baseline);
	}
	assert_int_equal(parse(text), 0);
	assert_int_equal(baseline.sites[0].frames[0]->line, 0);
	baseline_free(&baseline);
}

/* ---- files --------------------------------------------------------------------------------- */

static int load(const char *path)
{
	int result = baseline_load(&baseline, path, error, sizeof(error));

	baseline_free(&baseline);
	return result;
}

static void says(const char *expected)
{
	if (!strstr(error, expected))
		fail_msg("'%s' is not in '%s'", expected, error);
}

/* Above 256 MiB our own reports were refused, and no limit was named. */
static void test_sizes_of_files(void **state)
{
	char path[] = "/tmp/test_baseline.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "{\n", 2), 2);
	assert_int_equal(ftruncate(fd, INT64_C(300) << 20), 0);
	assert_int_equal(load(path), -1);
	says(":2:");
	assert_int_equal(ftruncate(fd, INT64_C(1025) << 20), 0);
	assert_int_equal(load(path), -1);
	says(": longer than 1024 MiB, the most that is read");
	close(fd);
	unlink(path);
}

static void test_what_is_no_file_of_json(void **state)
{
	const char *text = REPORT("");
	char path[32];
	int fds[2];

	(void)state;
	assert_int_equal(load("tests/golden/leaky.tlk"), -1);
	says("leaky.tlk: this is a trace: make a JSON report of it");
	assert_int_equal(load("/dev/zero"), -1);
	says("/dev/zero: is a device");
	assert_int_equal(load("/nonexistent/x"), -1);
	says("/nonexistent/x: cannot open: No such file");
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
	close(fds[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	assert_int_equal(load(path), 0);
	close(fds[0]);
}

/* ---- what is old --------------------------------------------------------------------------- */

struct site_text {
	const char *kind, *class, *more;
	int count, undrained;
};

/* A baseline of one fingerprint. */
static void old(const char *fingerprint, const struct site_text *sites, size_t count)
{
	char text[2048] = "{\"schema\":\"timerleak/1\",\"complete\":true,\"sites\":[";
	size_t i, len = strlen(text);

	for (i = 0; i < count; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len,
		    "%s{\"fingerprint\":\"%s\",\"timer\":\"timerfd\",\"kind\":\"%s\",\"class\":"
		    "\"%s\",%s\"count\":%d,\"undrained\":%d,\"retained_bytes\":0,\"stack\":[]}",
		    i ? "," : "", fingerprint, sites[i].kind, sites[i].class,
		    sites[i].more ? sites[i].more : "", sites[i].count, sites[i].undrained);
	snprintf(text + len, sizeof(text) - len, "]}");
	if (parse(text))
		fail_msg("%s", error);
}

/* Five timerfds that nobody closed, judged against `sites`. */
static struct report_summary against(const struct site_text *sites, size_t count)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t site = maker_simple_site(maker, TL_TIMERFD);
	struct report_summary sum;
	int i;

	for (i = 0; i < 5; i++)
		maker_timer(maker, site);
	report_fixture_build(f);
	assert_int_equal(f->report.summary.leaked, 5);
	old(f->report.entries[0]->site->fingerprint, sites, count);
	report_free(&f->report);
	f->options.baseline = &baseline;
	assert_int_equal(
	    report_build(&f->report, f->ordered, f->count, f->sym, f->rules, &f->options), 0);
	sum = f->report.summary;
	assert_int_equal(sum.live, sum.kinds[KIND_POSSIBLE] + sum.baselined);
	assert_int_equal(entry_leaked(f->report.entries[0]), sum.leaked);
	assert_int_equal(sum.sites, sum.leaked != 0);
	report_fixture_free(f);
	baseline_free(&baseline);
	return sum;
}

static void leaves(uint64_t leaked, const struct site_text *sites, size_t count)
{
	assert_int_equal(against(sites, count).leaked, leaked);
}

static void test_by_count(void **state)
{
	const struct site_text same[] = {{"possible", "never_stopped", NULL, 5, 0}};
	const struct site_text fewer[] = {{"possible", "never_stopped", NULL, 3, 0}};
	const struct site_text more[] = {{"possible", "never_stopped", NULL, INT32_MAX, 0}};
	const struct site_text other_class[] = {{"definite", "orphaned", NULL, 4, 0}};
	const struct site_text two[] = {{"definite", "orphaned", NULL, 1, 0},
					{"possible", "never_stopped", NULL, 2, 0}};

	(void)state;
	leaves(0, same, 1);
	leaves(2, fewer, 1);
	leaves(0, more, 1);
	leaves(1, other_class, 1);
	leaves(2, two, 2);
	leaves(5, NULL, 0);
}

static void test_what_did_not_leak_allows_nothing(void **state)
{
	const struct site_text held[] = {{"held", "static_handle", NULL, 5, 0}};
	const struct site_text live[] = {{"undecided", "live", NULL, 5, 0}};
	const struct site_text suppressed[] = {
	    {"possible", "never_stopped", "\"suppressed_by\":\"leak:x\",", 5, 0}};

	(void)state;
	leaves(5, held, 1);
	leaves(5, live, 1);
	leaves(5, suppressed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_sizes_of_files),
	    cmocka_unit_test(test_what_is_no_file_of_json),
	    cmocka_unit_test(test_by_count),
	    cmocka_unit_test(test_what_did_not_leak_allows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
