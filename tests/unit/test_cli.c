/* SPDX-License-Identifier: MIT */
/* test_cli.c - the command line: what is taken, what is refused and in which words. */
#include "analyzer/cli.h"
#include "analyzer/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define ARGS_MAX 16

static char *argv[ARGS_MAX + 1];
static char words[256];
static struct cli cli;

/* Splits at spaces; what goes to stderr is in `message`. */
static char message[512];

static int parse(enum cli_command command, const char *line)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO), argc = 0, status;
	size_t len;
	char *word, *rest;

	snprintf(words, sizeof(words), "%s %s", command == CLI_RUN ? "run" : "report", line);
	for (word = strtok_r(words, " ", &rest); word && argc < ARGS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	status = cli_parse(&cli, command, argc, argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	len = fread(message, 1, sizeof(message) - 1, file);
	message[len] = '\0';
	fclose(file);
	return status;
}

static void refused(enum cli_command command, const char *line, const char *expected)
{
	assert_int_equal(parse(command, line), EXIT_USAGE);
	if (!strstr(message, expected))
		fail_msg("'%s' is not in '%s'", expected, message);
	cli_free(&cli);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(CLI_REPORT, "a.tlk"), -1);
	assert_int_equal(cli.limits.max_leaks, GATE_UNSET);
	assert_int_equal(cli.limits.max_undrained, GATE_UNSET);
	assert_int_equal(cli.leak_kinds, LEAK_KINDS_DEFAULT);
	assert_int_equal(cli.error_exitcode, 23);
	assert_int_equal(cli.output_count, 0);
	assert_int_equal(cli.arg_count, 1);
	assert_string_equal(cli.args[0], "a.tlk");
	cli_free(&cli);
}

static void test_outputs(void **state)
{
	static const struct {
		const char *text, *path, *format;
	} rows[] = {
	    {"a.json", "a.json", "json"},      {"a.txt", "a.txt", "text"},
	    {"text:a.json", "a.json", "text"}, {"json:-", "-", "json"},
	    {"json:x:y", "x:y", "json"},       {"c:a.txt", "c:a.txt", "text"},
	};
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "-o %s t", rows[i].text);
		assert_int_equal(parse(CLI_REPORT, line), -1);
		assert_int_equal(cli.output_count, 1);
		assert_string_equal(cli.outputs[0].path, rows[i].path);
		assert_string_equal(cli.outputs[0].format->name, rows[i].format);
		cli_free(&cli);
	}
	assert_int_equal(parse(CLI_RUN, "-o a.txt --output=b.json -- x"), -1);
	assert_int_equal(cli.output_count, 2);
	cli_free(&cli);
}

static void test_outputs_that_are_refused(void **state)
{
	(void)state;
	refused(CLI_REPORT, "-o report t",
		"no format: write FORMAT:FILE, where FORMAT is one of text, json, pprof, folded, "
		"sarif, junit, html, github, gitlab, heap; or end the name in one of .txt, .json, "
		".pb.gz, .folded, .sarif, .xml, .html");
	refused(CLI_DIFF, "-o report a b",
		"one of text, json; or end the name in one of .txt, .json");
	refused(CLI_REPORT, "-o - t", "no format");
	refused(CLI_REPORT, "-o .json t", "no format");
	refused(CLI_REPORT, "-o text: t", "a file is expected");
	refused(CLI_REPORT, "t -o", "option '-o' needs a value");
}

static void test_color_of_diff(void **state)
{
	(void)state;
	assert_int_equal(parse(CLI_DIFF, "--color=never a b"), -1);
	assert_int_equal(cli.color, COLOR_NEVER);
	cli_free(&cli);
	refused(CLI_DIFF, "--color=no a b", "auto, always or never is expected");
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(parse(CLI_REPORT, "--max-leaks=0 --max-undrained 7 --leak-kinds=held "
					   "--error-exitcode=255 --color=always --source-root=/s "
					   "--suppressions=a --suppressions=b t"),
			 -1);
	assert_int_equal(cli.limits.max_leaks, 0);
	assert_int_equal(cli.limits.max_undrained, 7);
	assert_int_equal(cli.leak_kinds, KIND_BIT(KIND_HELD));
	assert_int_equal(cli.error_exitcode, 255);
	assert_int_equal(cli.color, COLOR_ALWAYS);
	assert_string_equal(cli.source_root, "/s");
	assert_int_equal(cli.suppression_count, 2);
	cli_free(&cli);
}

static void test_values_that_are_refused(void **state)
{
	static const char *const lines[] = {
	    "--max-leaks=-1",	 "--max-leaks=",	 "--max-leaks=1x",
	    "--max-undrained=x", "--error-exitcode=0",	 "--error-exitcode=256",
	    "--leak-kinds=",	 "--leak-kinds=held,",	 "--leak-kinds=bogus",
	    "--color=sometimes", "--leak-kinds=stopped", "--max-leaks=99999999999999999999",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refused(CLI_REPORT, lines[i], "expected");
}

static void test_mistakes_are_named(void **state)
{
	(void)state;
	refused(CLI_REPORT, "--max-leak5=0 t", "'--max-leak5'; did you mean '--max-leaks'?");
	refused(CLI_RUN, "--folow x", "did you mean '--follow'?");
	refused(CLI_REPORT, "--zzzzzzzzzzzzz",
		"unknown option '--zzzzzzzzzzzzz' (see timerleak "
		"report --help)");
	refused(CLI_REPORT, "-x t", "unknown option '-x'");
	refused(CLI_REPORT, "--debuginfod=yes t", "option '--debuginfod' takes no value");
	refused(CLI_REPORT, "--max-leaks", "option '--max-leaks' needs a value");
	refused(CLI_REPORT, "--trace=x t", "unknown option '--trace'");
	refused(CLI_RUN, "--heap=most t", "off, sampled or full is expected");
}

static void test_heap_profile(void **state)
{
	(void)state;
	assert_int_equal(parse(CLI_REPORT, "t"), -1);
	assert_false(cli.heap_profile);
	cli_free(&cli);
	assert_int_equal(parse(CLI_REPORT, "--heap-profile -o a.json --leak-kinds=held t"), -1);
	assert_true(cli.heap_profile);
	assert_int_equal(cli.output_count, 1);
	cli_free(&cli);
	refused(CLI_REPORT, "--heap-profile --max-leaks=0 t", "--heap-profile judges no gate");
	refused(CLI_REPORT, "--max-undrained=0 --heap-profile t", "--heap-profile judges no gate");
	refused(CLI_REPORT, "--heap-profile=x t", "takes no value");
	refused(CLI_RUN, "--heap-profile x", "unknown option '--heap-profile'");
}

static void test_run_leaves_the_programs_options_alone(void **state)
{
	(void)state;
	assert_int_equal(parse(CLI_RUN, "--max-leaks=3 prog --max-leaks=x -o"), -1);
	assert_int_equal(cli.limits.max_leaks, 3);
	assert_int_equal(cli.arg_count, 3);
	assert_string_equal(cli.args[0], "prog");
	assert_null(cli.args[3]);
	cli_free(&cli);
	assert_int_equal(parse(CLI_RUN, "--heap=off -- -prog"), -1);
	assert_string_equal(cli.heap, "heap=off");
	assert_string_equal(cli.args[0], "-prog");
	cli_free(&cli);
	assert_int_equal(parse(CLI_REPORT, "a --max-leaks=1 b"), -1);
	assert_int_equal(cli.arg_count, 2);
	cli_free(&cli);
}

static void test_follow(void **state)
{
	(void)state;
	assert_int_equal(parse(CLI_RUN, "--follow x"), -1);
	assert_true(cli.follow && cli.follow_seconds == 0);
	assert_int_equal(cli.arg_count, 1);
	cli_free(&cli);
	assert_int_equal(parse(CLI_RUN, "--follow=5 x"), -1);
	assert_true(cli.follow && cli.follow_seconds == 5);
	cli_free(&cli);
	refused(CLI_RUN, "--follow=0 x", "expected");
	refused(CLI_RUN, "--follow=soon x", "expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_outputs),
	    cmocka_unit_test(test_outputs_that_are_refused),
	    cmocka_unit_test(test_color_of_diff),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_values_that_are_refused),
	    cmocka_unit_test(test_mistakes_are_named),
	    cmocka_unit_test(test_heap_profile),
	    cmocka_unit_test(test_run_leaves_the_programs_options_alone),
	    cmocka_unit_test(test_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
