/* SPDX-License-Identifier: MIT */
/* test_report_profile.c - report --heap-profile: what it writes, where, and with which status. */
#include "analyzer/formats.h"
#include "analyzer/report_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define HEAP  "tests/golden/heap.tlk"
#define LEAKY "tests/golden/leaky.tlk" /* records no heap */

static char directory[] = "/tmp/test_report_profile.XXXXXX";

/* Each report sweeps old traces: not, if it can be helped, those of whoever runs this. */
static int begin(void **state)
{
	(void)state;
	return mkdtemp(directory) && setenv("XDG_RUNTIME_DIR", directory, 1) == 0 &&
		       setenv("TMPDIR", directory, 1) == 0
		   ? 0
		   : -1;
}

static int end(void **state)
{
	(void)state;
	return rmdir(directory);
}

/* What one output has after a run over the traces, NULL if it was not written. */
static char *profile(const char *format, const char *first, const char *second, int expected)
{
	const struct report_input inputs[] = {{.path = first}, {.path = second}};
	char path[64], *text = NULL;
	struct output_target target = {format_by_name(format, strlen(format)), path};
	struct cli cli = {.outputs = &target, .output_count = 1, .heap_profile = true};
	FILE *file;

	snprintf(path, sizeof(path), "%s/out", directory);
	assert_int_equal(report_profile(&cli, inputs, second ? 2 : 1, -1), expected);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	text = calloc(1, 1 << 20);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	unlink(path);
	return text;
}

static void begins(char *text, const char *words)
{
	assert_non_null(text);
	if (strncmp(text, words, strlen(words)) != 0)
		fail_msg("'%s' does not begin:\n%s", words, text);
	free(text);
}

static void test_formats(void **state)
{
	(void)state;
	begins(profile("text", HEAP, NULL, 0), "heap profile of /nonexistent/app\nmode full");
	begins(profile("json", HEAP, NULL, 0), "{\n  \"schema\": \"timerleak-heap/1\"");
}

static void test_without_heap_data(void **state)
{
	(void)state;
	begins(profile("text", LEAKY, NULL, 0), "no heap profile of /nonexistent/app: ");
	begins(profile("text", LEAKY, HEAP, 0),
	       "heap profile of /nonexistent/app and 1 other process image\nmode mixed: ");
}

static void test_unreadable_traces(void **state)
{
	(void)state;
	assert_null(profile("text", "/nonexistent/x", NULL, EXIT_USAGE));
	begins(profile("text", "/nonexistent/x", HEAP, EXIT_USAGE),
	       "heap profile of /nonexistent/app\n");
}

static void test_without_outputs(void **state)
{
	const struct report_input input = {.path = HEAP};
	struct cli cli = {.heap_profile = true};
	char got[16] = "";
	FILE *file = tmpfile();

	(void)state;
	assert_int_equal(report_profile(&cli, &input, 1, fileno(file)), 0);
	rewind(file);
	assert_non_null(fgets(got, sizeof(got), file));
	assert_string_equal(got, "heap profile of");
	fclose(file);
	assert_int_equal(report_profile(&cli, &input, 1, -1), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_without_heap_data),
	    cmocka_unit_test(test_unreadable_traces),
	    cmocka_unit_test(test_without_outputs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
