/* SPDX-License-Identifier: MIT */
/* TIMERLEAK_OPTIONS: values, quotes, mistakes, patterns, garbage. Each case runs in a child, since
 * options are read once for the life of a process. */
#include "preload/options.h"
#include "preload/options_text.h"
#include "preload/sys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void parse(const char *text)
{
	if (text)
		setenv("TIMERLEAK_OPTIONS", text, 1);
	else
		unsetenv("TIMERLEAK_OPTIONS");
	tl_options_init();
}

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	dprintf(2, "failed: %s; first warning: %s\n", what,
		tl_options_warning(0) ? tl_options_warning(0) : "none");
	_exit(1);
}
#define REQUIRE(what) require(what, #what)

static void in_child(void (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void defaults(void)
{
	parse(NULL);
	REQUIRE(tl_options.max_leaks == -1 && tl_options.max_undrained == -1);
	REQUIRE(tl_options.leak_kinds == (TL_KIND_DEFINITE | TL_KIND_POSSIBLE));
	REQUIRE(tl_options.exitcode == 23 && tl_options.stack_depth == 64);
	REQUIRE(tl_options.heap == TL_HEAP_SAMPLED && tl_options.sample == 524288);
	REQUIRE(tl_options.symbolize && tl_options.enabled && !tl_options.help);
	REQUIRE(tl_options.report_timeout == 60 && tl_options.verbosity == 1);
	REQUIRE(!tl_options.log_path && !tl_options.trace && !tl_options.suppressions);
	REQUIRE(!tl_options.under_run && !tl_options.secure && !tl_options_warning(0));
}

static void values(void)
{
	parse("max_leaks=0:max_undrained=7 leak_kinds=held,definite\nexitcode=1::"
	      "suppressions=a.supp,b.supp heap=off:color=never:symbolize=no:"
	      "stack_depth=33:enabled=off:help");
	REQUIRE(tl_options.max_leaks == 0 && tl_options.max_undrained == 7);
	REQUIRE(tl_options.leak_kinds == (TL_KIND_HELD | TL_KIND_DEFINITE));
	REQUIRE(tl_options.exitcode == 1 && tl_options.stack_depth == 33);
	REQUIRE(tl_streq(tl_options.suppressions, "a.supp,b.supp"));
	REQUIRE(tl_options.heap == TL_HEAP_OFF && tl_options.color == TL_COLOR_NEVER);
	REQUIRE(!tl_options.symbolize && !tl_options.enabled && tl_options.help);
	REQUIRE(!tl_options_warning(0));
}

static void quotes(void)
{
	parse("trace=\"/tmp/a b:c\":log_path='/x:y'/\"z z\" max_leaks='3'");
	REQUIRE(tl_streq(tl_options.trace, "/tmp/a b:c"));
	REQUIRE(tl_streq(tl_options.log_path, "/x:y/z z"));
	REQUIRE(tl_options.max_leaks == 3 && !tl_options_warning(0));
}

static void descriptor(void)
{
	parse("log_path=fd:7:max_leaks=2");
	REQUIRE(tl_streq(tl_options.log_path, "fd:7"));
	REQUIRE(tl_options.max_leaks == 2 && !tl_options_warning(0));
}

static void last_wins(void)
{
	parse("exitcode=5:exitcode=6:trace=/a:trace=/b");
	REQUIRE(tl_options.exitcode == 6 && tl_streq(tl_options.trace, "/b"));
}

static void unknown_key(void)
{
	parse("max_leak=1:max_leaks=2");
	REQUIRE(tl_options.max_leaks == 2);
	REQUIRE(tl_strstr(tl_options_warning(0), "'max_leak': did you mean 'max_leaks'?") != NULL);
	REQUIRE(!tl_options_warning(1));
}

static void bad_values(void)
{
	parse("max_leaks=-1:exitcode=0:exitcode=256:stack_depth=12x:heap=some:leak_kinds=,:"
	      "symbolize=2:verbosity");
	REQUIRE(tl_options.max_leaks == -1 && tl_options.exitcode == 23);
	REQUIRE(tl_options.stack_depth == 64 && tl_options.heap == TL_HEAP_SAMPLED);
	REQUIRE(tl_options.leak_kinds == (TL_KIND_DEFINITE | TL_KIND_POSSIBLE));
	REQUIRE(tl_options.symbolize && tl_options.verbosity == 1);
	for (unsigned i = 0; i < 8; i++)
		REQUIRE(tl_options_warning(i) != NULL);
	REQUIRE(!tl_options_warning(8));
	REQUIRE(tl_strstr(tl_options_warning(0), "'-1' is not a number from 0") != NULL);
	REQUIRE(tl_strstr(tl_options_warning(7), "verbosity: a value is missing") != NULL);
}

static void many_mistakes(void)
{
	parse("a b c d e f g h i j k l");
	REQUIRE(tl_strstr(tl_options_warning(7), "5 more mistakes") != NULL);
	REQUIRE(!tl_options_warning(8));
}

static void garbage_in_warning(void)
{
	parse("\033[31mred=1");
	REQUIRE(tl_strstr(tl_options_warning(0), "?[31mred") != NULL);
}

static void open_quote(void)
{
	parse("trace=\"/tmp/x:max_leaks=0");
	REQUIRE(tl_streq(tl_options.trace, "/tmp/x:max_leaks=0"));
	REQUIRE(tl_strstr(tl_options_warning(0), "a quote is not closed") != NULL);
}

static void patterns(void)
{
	char path[300], wanted[300];

	setenv("TL_WORD", "w:w", 1);
	unsetenv("TL_NONE");
	snprintf(wanted, sizeof(wanted), "/t/%d-w:w-%%-shim_options-[]%%q%%z", getpid());
	REQUIRE(tl_options_expand("/t/%p-%q{TL_WORD}-%%-%n-[%q{TL_NONE}]%q%z", path, sizeof(path)));
	require(tl_streq(path, wanted), path);
	REQUIRE(tl_options_expand("%q{TL_WORD", path, sizeof(path)) &&
		tl_streq(path, "%q{TL_WORD"));
	REQUIRE(gethostname(wanted, sizeof(wanted)) == 0);
	REQUIRE(tl_options_expand("%h", path, sizeof(path)) && tl_streq(path, wanted));
	REQUIRE(!tl_options_expand("12345678", path, 8) && tl_streq(path, "1234567"));
	REQUIRE(!tl_options_expand("%p", path, 1) && !path[0]);
	REQUIRE(tl_options_expand("a%", path, sizeof(path)) && tl_streq(path, "a%"));
}

static void path_too_long(void)
{
	static char text[3 * TL_OPTION_PATH];

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "trace=", 6);
	parse(text);
	REQUIRE(!tl_options.trace);
	REQUIRE(tl_strstr(tl_options_warning(0), "too long") != NULL);
}

static void input_too_long(void)
{
	char *text = malloc(1 << 20);

	memset(text, ':', (1 << 20) - 1);
	memcpy(text, "max_leaks=4", 11);
	memcpy(text + (1 << 20) - 12, "max_leaks=9", 12);
	parse(text);
	REQUIRE(tl_options.max_leaks == 4 && tl_options_warning(0));
}

static void launcher(void)
{
	setenv("TIMERLEAK_RUN", "/tmp/run", 1);
	setenv("TIMERLEAK_TRACE_MAIN", "17:/tmp/a:b.tlk", 1);
	parse("max_leaks=0");
	REQUIRE(tl_options.under_run && tl_streq(tl_options.run_dir, "/tmp/run"));
	REQUIRE(tl_options.trace_main_pid == 17);
	REQUIRE(tl_streq(tl_options.trace_main, "/tmp/a:b.tlk"));
}

static void launcher_without_trace(void)
{
	setenv("TIMERLEAK_RUN", "/tmp/run", 1);
	setenv("TIMERLEAK_TRACE_MAIN", "17:", 1);
	parse("");
	REQUIRE(tl_options.under_run && tl_options.trace_main_pid == 17 &&
		!tl_options.trace_main[0]);
}

static void launcher_garbage(void)
{
	setenv("TIMERLEAK_RUN", "run", 1);
	setenv("TIMERLEAK_TRACE_MAIN", "x", 1);
	parse("");
	REQUIRE(!tl_options.under_run && !tl_options.run_dir[0] && tl_options.enabled);
}

static void help_lines(void)
{
	char line[280];
	unsigned n = 0;
	bool leaks = false, none = false;

	parse("max_leaks=3:heap=full");
	for (; tl_options_help(n, line, sizeof(line)); n++) {
		leaks |= tl_starts(line, "  max_leaks=3  ");
		none |= tl_starts(line, "  max_undrained=none  ");
	}
	REQUIRE(n == 17 && leaks && none);
}

/* Whatever comes: every value stays within its range. */
static void check_ranges(void)
{
	REQUIRE(tl_options.max_leaks >= -1 && tl_options.max_leaks <= INT32_MAX);
	REQUIRE(tl_options.exitcode >= 1 && tl_options.exitcode <= 255);
	REQUIRE(tl_options.stack_depth >= 1 && tl_options.stack_depth <= 64);
	REQUIRE(tl_options.leak_kinds >= 1 && tl_options.leak_kinds <= 7);
	REQUIRE(tl_options.heap >= 0 && tl_options.heap <= 2);
	REQUIRE(tl_options.report_timeout >= 0 && tl_options.verbosity <= 2);
	REQUIRE(!tl_options.trace || strlen(tl_options.trace) < TL_OPTION_PATH);
	REQUIRE(!tl_options.log_path || strlen(tl_options.log_path) < TL_OPTION_PATH);
}

static void fuzz(void)
{
	static const char *const words[] = {"max_leaks",
					    "exitcode",
					    "trace",
					    "log_path",
					    "=",
					    ":",
					    " ",
					    "\"",
					    "'",
					    ",",
					    "fd",
					    "fd:1",
					    "%p",
					    "%q{",
					    "}",
					    "leak_kinds",
					    "held",
					    "99999999999999999999",
					    "-1",
					    "\n",
					    "heap",
					    "full",
					    "suppressions",
					    "help",
					    "\377",
					    "%"};
	static char text[40000];

	srandom(1);
	for (int round = 0; round < 4000; round++) {
		size_t n = 0, most = (size_t)random() % (round % 500 ? 200 : sizeof(text) - 32);

		while (n < most) {
			const char *word = words[(size_t)random() % TL_ARRAY_LEN(words)];

			if (random() % 3)
				n += strlen(strcpy(text + n, word));
			else
				text[n++] = (char)(1 + random() % 255);
		}
		text[n] = '\0';
		parse(text);
		check_ranges();
	}
}

#define CASE(name)                        \
	static void test_##name(void **s) \
	{                                 \
		(void)s;                  \
		in_child(name);           \
	}
CASE(defaults)
CASE(values)
CASE(quotes)
CASE(descriptor)
CASE(last_wins)
CASE(unknown_key)
CASE(bad_values)
CASE(many_mistakes)
CASE(garbage_in_warning)
CASE(open_quote)
CASE(patterns)
CASE(path_too_long)
CASE(input_too_long)
CASE(launcher)
CASE(launcher_without_trace)
CASE(launcher_garbage)
CASE(help_lines)
CASE(fuzz)

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(tl_options_distance("", ""), 0);
	assert_int_equal(tl_options_distance("abc", ""), 3);
	assert_int_equal(tl_options_distance("kitten", "sitting"), 3);
	assert_int_equal(tl_options_distance("exit_code", "exitcode"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_descriptor),
	    cmocka_unit_test(test_last_wins),
	    cmocka_unit_test(test_unknown_key),
	    cmocka_unit_test(test_bad_values),
	    cmocka_unit_test(test_many_mistakes),
	    cmocka_unit_test(test_garbage_in_warning),
	    cmocka_unit_test(test_open_quote),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_path_too_long),
	    cmocka_unit_test(test_input_too_long),
	    cmocka_unit_test(test_launcher),
	    cmocka_unit_test(test_launcher_without_trace),
	    cmocka_unit_test(test_launcher_garbage),
	    cmocka_unit_test(test_help_lines),
	    cmocka_unit_test(test_fuzz),
	    cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
