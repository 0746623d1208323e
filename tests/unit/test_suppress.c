/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyzer/suppress.h"
#include "analyzer/suppress_match.h"
#include "frame_list.h"

static const struct frame stack[] = {
    {.function = "arm_timer", .file = "/src/app/arm.c", .module = "/opt/app/bin/server"},
    {.function = "space::Pool::start", .file = "/src/app/pool.cc", .module = "/opt/app/bin/server"},
    {.function = NULL, .file = NULL, .module = "/opt/app/lib/libplugin.so.3"},
    {.function = "main", .file = "/src/app/main.c", .module = "/opt/app/bin/server"},
    {.function = NULL, .file = NULL, .module = NULL},
};

static struct suppress_subject subject(void)
{
	return (struct suppress_subject){
	    frame_list(stack, 5), 5, true, "never_stopped", 3, NULL, 0, 0};
}

static const char *match(const char *text, const struct suppress_subject *what)
{
	static char kept[256];
	struct suppressions *rules = suppressions_new();
	char error[256];
	const char *rule;

	assert_int_equal(suppressions_parse(rules, "t", text, strlen(text), error, sizeof(error)),
			 0);
	rule = suppressions_match(rules, what);
	if (rule)
		snprintf(kept, sizeof(kept), "%s", rule);
	suppressions_free(rules);
	return rule ? kept : NULL;
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
	    {"arm", "alarm_timer", true},
	    {"arm", "alrm", false},
	    {"^arm", "arm_timer", true},
	    {"^arm", "alarm", false},
	    {"timer$", "arm_timer", true},
	    {"timer$", "timers", false},
	    {"^timer$", "timer", true},
	    {"^timer$", "timers", false},
	    {"^timer$", "timer", true},
	    {"ab$", "abab", true},
	    {"a*c", "xxabbbcxx", true},
	    {"a*c", "xxabbb", false},
	    {"^a*c$", "abcbc", true},
	    {"^a*c$", "abcb", false},
	    {"^*c$", "c", true},
	    {"*", "x", true},
	    {"*", "", false},
	    {"a**b", "ab", true},
	    {"a$b", "xa$bx", true},
	    {"a^b", "a^b", true},
	    {"^a*b*c*d$", "aXbXbXcXcXdXd", true},
	    {"^a*b*c*d$", "aXbXbXcXcXdXdX", false},
	    {"x", NULL, false},
	    {"^operator\\*$", "operator*", true},
	    {"^operator\\*$", "operator+", false},
	    {"^operator\\*$", "operator\\*", false},
	    {"^a*\\*\\*$", "axx***", true},
	    {"a\\b\\", "a\\b\\", true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (suppress_match_text(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

/* A pattern that a naive matcher takes exponential time for. */
static void patterns_are_fast(void **state)
{
	char text[4001];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(suppress_match_text("^*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b$", text));
}

static void rule_types(void **state)
{
	static const struct {
		const char *rule;
		bool timerfd, posix;
	} cases[] = {
	    {"leak:Pool::start", true, true},
	    {"leak:^arm.c$", true, true},
	    {"leak:^/src/app/main.c$", true, true},
	    {"leak:libplugin.so", true, true},
	    {"leak:nothing", false, false},
	    {"timerfd:arm_timer", true, false},
	    {"posix:arm_timer", false, true},
	    {"class:never", true, true},
	    {"class:^static_handle$", false, false},
	    {"module:^server$", true, true},
	    {"module:^/opt/app/bin/server$", true, true},
	    {"module:^app", false, false},
	    {"module:arm_timer", false, false},
	};
	struct suppress_subject posix = subject(), timerfd = subject();
	size_t i;

	(void)state;
	posix.timerfd = false;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!!match(cases[i].rule, &timerfd) != cases[i].timerfd ||
		    !!match(cases[i].rule, &posix) != cases[i].posix)
			fail_msg("%s", cases[i].rule);
	}
}

static void stacks(void **state)
{
	static const struct {
		const char *rule;
		bool matches;
	} cases[] = {
	    {"stack:^arm_timer$", true},
	    {"stack:main", false},
	    {"stack:...;^main$", true},
	    {"stack:arm_timer;Pool;libplugin;main", true},
	    {"stack:arm_timer;Pool;main", false},
	    {"stack:arm_timer;...;main", true},
	    {"stack:arm_timer;...;main;main", false},
	    {"stack:...;server;...;main", true},
	    {"stack:*;Pool;...", true},
	    {"stack:*;*;Pool;...", false},
	    {"stack:...;server;libplugin;...;main", true},
	    {"stack:...;libplugin;...;libplugin", false},
	    {"stack:arm_timer;Pool;libplugin;main;*", false},
	    {"stack:arm_timer;Pool;libplugin;main;...", true},
	};
	struct suppress_subject what = subject();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!!match(cases[i].rule, &what) != cases[i].matches)
			fail_msg("%s", cases[i].rule);
}

static void blanks_comments_and_line_ends(void **state)
{
	struct suppress_subject what = subject();

	(void)state;
	assert_string_equal(match("# first\r\n\r\n  \t\n  leak: arm_timer \r\n", &what),
			    "leak: arm_timer");
	assert_string_equal(match("leak:arm_timer", &what), "leak:arm_timer");
	assert_null(match("", &what));
	assert_null(match("\n\n#leak:arm_timer\n", &what));
}

static void hits(void **state)
{
	static const char text[] = "leak:nothing\nleak:^main$\nleak:arm_timer\n";
	struct suppress_subject what = subject();
	struct suppressions *rules = suppressions_new();
	char error[256];
	bool is_default;
	uint64_t count;

	(void)state;
	suppressions_parse(rules, "t", text, strlen(text), error, sizeof(error));
	suppressions_match(rules, &what);
	suppressions_match(rules, &what);
	assert_int_equal(suppressions_count(rules), 3);
	assert_string_equal(suppressions_rule(rules, 1, &count, &is_default), "leak:^main$");
	assert_int_equal(count, 6);
	assert_false(is_default);
	suppressions_rule(rules, 2, &count, &is_default);
	assert_int_equal(count, 0);
	suppressions_free(rules);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
	    {"leak:a\nleek:b\n", "f.supp:2: "}, {"\n\nmain\n", "f.supp:3: "},
	    {"leak:\n", "f.supp:1: "},		{"leak:  ", "f.supp:1: "},
	    {"leak:^$", "f.supp:1: "},		{"stack:a;;b", "f.supp:1: "},
	    {"stack:a;", "f.supp:1: "},		{"leak:*", "f.supp:1: "},
	    {"leak:a\nleak:^*$", "f.supp:2: "}, {"class:^**$", "f.supp:1: "},
	    {"stack:...", "f.supp:1: "},	{"stack:...;...", "f.supp:1: "},
	    {"stack:^*$;...", "f.supp:1: "},
	};
	struct suppressions *rules = suppressions_new();
	char error[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (suppressions_parse(rules, "f.supp", cases[i].text, strlen(cases[i].text), error,
				       sizeof(error)) != -1)
			fail_msg("accepted: %s", cases[i].text);
		assert_int_equal(strncmp(error, cases[i].where, strlen(cases[i].where)), 0);
	}
	assert_int_equal(suppressions_parse(rules, "f", "leak:a\0b\n", 9, error, sizeof(error)),
			 -1);
	assert_int_equal(suppressions_count(rules), 0); /* not even the good lines */
	suppressions_free(rules);
}

static void files(void **state)
{
	struct suppressions *rules = suppressions_new();
	char path[] = "/tmp/test_suppress.XXXXXX", error[256];
	int fd = mkstemp(path), i;

	(void)state;
	for (i = 0; i < 2000; i++)
		assert_int_equal(write(fd, "leak:some_function\n", 19), 19);
	close(fd);
	assert_int_equal(suppressions_load(rules, path, error, sizeof(error)), 0);
	assert_int_equal(suppressions_count(rules), 2000);
	unlink(path);
	assert_int_equal(suppressions_load(rules, path, error, sizeof(error)), -1);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, "No such file"));
	assert_int_equal(suppressions_load(rules, "/tmp", error, sizeof(error)), -1);
	assert_non_null(strstr(error, "directory"));
	suppressions_free(rules);
}

static void defaults(void **state)
{
	static const struct frame timeout[] = {{.module = "/usr/bin/timeout"}};
	static const struct frame mine[] = {{.function = "main", .module = "/home/me/timeout"}};
	static const struct frame callee[] = {{.function = "f", .module = "/home/me/libmine.so"},
					      {.module = "/usr/bin/timeout"}};
	struct suppressions *rules = suppressions_new();
	struct suppress_subject what = {
	    frame_list(timeout, 1), 1, false, "never_stopped", 1, NULL, 0, 0};
	bool is_default = false;
	uint64_t count;

	(void)state;
	assert_int_equal(suppressions_add_defaults(rules), 0);
	assert_non_null(suppressions_match(rules, &what));
	assert_non_null(suppressions_rule(rules, 0, &count, &is_default));
	assert_true(is_default);
	what.frames = frame_list(mine, 1);
	assert_null(suppressions_match(rules, &what));
	what.frames = frame_list(callee, 2);
	what.frame_count = 2;
	assert_null(suppressions_match(rules, &what));
	suppressions_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns),
	    cmocka_unit_test(patterns_are_fast),
	    cmocka_unit_test(rule_types),
	    cmocka_unit_test(stacks),
	    cmocka_unit_test(blanks_comments_and_line_ends),
	    cmocka_unit_test(hits),
	    cmocka_unit_test(mistakes),
	    cmocka_unit_test(files),
	    cmocka_unit_test(defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
