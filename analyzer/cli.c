/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "cli_values.h"
#include "formats.h"
#include "help.h"
#include "safe.h"
#include "util.h"
#include "version.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
	OPT_OUTPUT = 'o',
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_MAX_LEAKS = 256,
	OPT_MAX_UNDRAINED,
	OPT_LEAK_KINDS,
	OPT_ERROR_EXITCODE,
	OPT_SUPPRESSIONS,
	OPT_NO_DEFAULT_SUPPRESSIONS,
	OPT_BASELINE,
	OPT_GEN_SUPPRESSIONS,
	OPT_LENIENT_SUPPRESSIONS,
	OPT_SOURCE_ROOT,
	OPT_DEBUG_ROOT,
	OPT_DEBUGINFOD,
	OPT_COLOR,
	OPT_HEAP,
	OPT_TRACE,
	OPT_FOLLOW,
	OPT_HEAP_PROFILE,
};

#define COMMON_OPTIONS                                                                          \
	{"output", required_argument, NULL, OPT_OUTPUT}, {"help", no_argument, NULL, OPT_HELP}, \
	    {"version", no_argument, NULL, OPT_VERSION},                                        \
	    {"max-leaks", required_argument, NULL, OPT_MAX_LEAKS},                              \
	    {"max-undrained", required_argument, NULL, OPT_MAX_UNDRAINED},                      \
	    {"leak-kinds", required_argument, NULL, OPT_LEAK_KINDS},                            \
	    {"error-exitcode", required_argument, NULL, OPT_ERROR_EXITCODE},                    \
	    {"suppressions", required_argument, NULL, OPT_SUPPRESSIONS},                        \
	    {"no-default-suppressions", no_argument, NULL, OPT_NO_DEFAULT_SUPPRESSIONS},        \
	    {"source-root", required_argument, NULL, OPT_SOURCE_ROOT},                          \
	    {"debug-root", required_argument, NULL, OPT_DEBUG_ROOT},                            \
	    {"debuginfod", no_argument, NULL, OPT_DEBUGINFOD},                                  \
	    {"color", required_argument, NULL, OPT_COLOR},                                      \
	    {"gen-suppressions", no_argument, NULL, OPT_GEN_SUPPRESSIONS},                      \
	{                                                                                       \
		"baseline", required_argument, NULL, OPT_BASELINE                               \
	}

static const struct option run_options[] = {COMMON_OPTIONS,
					    {"heap", required_argument, NULL, OPT_HEAP},
					    {"trace", required_argument, NULL, OPT_TRACE},
					    {"follow", optional_argument, NULL, OPT_FOLLOW},
					    {NULL, 0, NULL, 0}};

static const struct option report_options[] = {
    COMMON_OPTIONS,
    {"heap-profile", no_argument, NULL, OPT_HEAP_PROFILE},
    {"lenient-suppressions", no_argument, NULL, OPT_LENIENT_SUPPRESSIONS},
    {NULL, 0, NULL, 0}};

static const struct option diff_options[] = {
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"max-leaks", required_argument, NULL, OPT_MAX_LEAKS},
    {"leak-kinds", required_argument, NULL, OPT_LEAK_KINDS},
    {"error-exitcode", required_argument, NULL, OPT_ERROR_EXITCODE},
    {"suppressions", required_argument, NULL, OPT_SUPPRESSIONS},
    {"no-default-suppressions", no_argument, NULL, OPT_NO_DEFAULT_SUPPRESSIONS},
    {"source-root", required_argument, NULL, OPT_SOURCE_ROOT},
    {"debug-root", required_argument, NULL, OPT_DEBUG_ROOT},
    {"debuginfod", no_argument, NULL, OPT_DEBUGINFOD},
    {"color", required_argument, NULL, OPT_COLOR},
    {NULL, 0, NULL, 0}};

static const struct option *options_of(enum cli_command command)
{
	static const struct option *const options[] = {
	    [CLI_RUN] = run_options, [CLI_REPORT] = report_options, [CLI_DIFF] = diff_options};

	return options[command];
}

static const char *command_name(enum cli_command command)
{
	static const char *const names[] = {
	    [CLI_RUN] = "run", [CLI_REPORT] = "report", [CLI_DIFF] = "diff"};

	return names[command];
}

/* ---- mistakes ----------------------------------------------------------------------------- */

static int say_unknown(enum cli_command command, const char *arg)
{
	const struct option *option = options_of(command);
	const char *names[ARRAY_LEN(run_options) + ARRAY_LEN(report_options)], *near = NULL;
	char name[64];
	size_t count = 0;

	for (; option->name; option++)
		names[count++] = option->name;
	names[count] = NULL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg, "="), arg);
	if (strncmp(name, "--", 2) == 0)
		near = nearest_name(name + 2, names);
	complain("timerleak %s: unknown option '%s'", command_name(command), name);
	if (near)
		complain("; did you mean '--%s'?", near);
	complain(" (see timerleak %s --help)\n", command_name(command));
	return EXIT_USAGE;
}

/* getopt's two complaints; optopt is 0 for a long option that it does not know or finds ambiguous.
 */
static int say_mistake(enum cli_command command, int complaint, char **argv)
{
	const char *arg = argv[optind - 1];

	if (complaint == ':') {
		complain("timerleak %s: option '%s' needs a value\n", command_name(command), arg);
		return EXIT_USAGE;
	}
	if (optopt >= 256 || (optopt && strncmp(arg, "--", 2) == 0)) {
		complain("timerleak %s: option '%.*s' takes no value\n", command_name(command),
			 (int)strcspn(arg, "="), arg);
		return EXIT_USAGE;
	}
	if (optopt) {
		const char letter[] = {'-', (char)optopt, '\0'};

		return say_unknown(command, letter);
	}
	return say_unknown(command, arg);
}

/* ---- options ------------------------------------------------------------------------------ */

static int add_suppression(struct cli *cli, const char *path)
{
	const char **list =
	    reallocarray(cli->suppressions, cli->suppression_count + 1, sizeof(*list));

	if (!list)
		return cli_bad_value("suppressions", path, "out of memory");
	cli->suppressions = list;
	list[cli->suppression_count++] = path;
	return -1;
}

static int take_limit(int64_t *limit, const char *name, const char *text)
{
	uint64_t value;

	if (!parse_u64(text, INT64_MAX, &value))
		return cli_bad_value(name, text, "a number, 0 or more, is expected");
	*limit = (int64_t)value;
	return -1;
}

static int take_follow(struct cli *cli, const char *text)
{
	uint64_t value = 0;

	if (text && (!parse_u64(text, 1000000000, &value) || value == 0))
		return cli_bad_value("follow", text, "a number of seconds is expected");
	cli->follow = true;
	cli->follow_seconds = (unsigned)value;
	return -1;
}

static int take_run_option(struct cli *cli, int id)
{
	switch (id) {
	case OPT_HEAP:
		return cli_take_heap(cli, optarg);
	case OPT_TRACE:
		cli->trace = optarg;
		return *optarg ? -1 : cli_bad_value("trace", optarg, "a file is expected");
	default:
		return take_follow(cli, optarg);
	}
}

static int take_option(struct cli *cli, int id)
{
	switch (id) {
	case OPT_OUTPUT:
		return cli_take_output(cli, optarg);
	case OPT_MAX_LEAKS:
		return take_limit(&cli->limits.max_leaks, "max-leaks", optarg);
	case OPT_MAX_UNDRAINED:
		return take_limit(&cli->limits.max_undrained, "max-undrained", optarg);
	case OPT_LEAK_KINDS:
		return cli_take_leak_kinds(cli, optarg);
	case OPT_ERROR_EXITCODE:
		return cli_take_exitcode(cli, optarg);
	case OPT_SUPPRESSIONS:
		return add_suppression(cli, optarg);
	case OPT_NO_DEFAULT_SUPPRESSIONS:
		cli->no_default_suppressions = true;
		return -1;
	case OPT_GEN_SUPPRESSIONS:
		cli->gen_suppressions = true;
		return -1;
	case OPT_LENIENT_SUPPRESSIONS:
		cli->lenient_suppressions = true;
		return -1;
	case OPT_BASELINE:
		cli->baseline = optarg;
		return -1;
	case OPT_SOURCE_ROOT:
		cli->source_root = optarg;
		return -1;
	case OPT_DEBUG_ROOT:
		cli->debug_root = optarg;
		return -1;
	case OPT_DEBUGINFOD:
		cli->debuginfod = true;
		return -1;
	case OPT_COLOR:
		return cli_take_color(cli, optarg);
	case OPT_HEAP_PROFILE:
		cli->heap_profile = true;
		return -1;
	default:
		return take_run_option(cli, id);
	}
}

static int say(const char *text)
{
	return fputs(text, stdout) == EOF || fflush(stdout) ? EXIT_USAGE : 0;
}

static const char *help_of(enum cli_command command)
{
	static const char *const texts[] = {
	    [CLI_RUN] = help_run, [CLI_REPORT] = help_report, [CLI_DIFF] = help_diff};

	return texts[command];
}

static int take_any(struct cli *cli, int id, char **argv)
{
	switch (id) {
	case '?':
	case ':':
		return say_mistake(cli->command, id, argv);
	case OPT_HELP:
		return say(help_of(cli->command));
	case OPT_VERSION:
		return say("timerleak " TIMERLEAK_VERSION "\n");
	default:
		return take_option(cli, id);
	}
}

/* Each format writes leaks, or a heap profile, or either. */
static int check_outputs(const struct cli *cli)
{
	size_t i;

	for (i = 0; i < cli->output_count; i++) {
		const struct format *format = cli->outputs[i].format;

		if (cli->heap_profile	       ? format->heap != NULL
		    : cli->command == CLI_DIFF ? format->diff != NULL
					       : format->report != NULL)
			continue;
		if (cli->command == CLI_DIFF)
			complain("timerleak diff: --output=%s: diff knows no format %s\n",
				 cli->outputs[i].path, format->name);
		else
			complain("timerleak %s: --output=%s: the format %s does not go with%s "
				 "--heap-profile\n",
				 command_name(cli->command), cli->outputs[i].path, format->name,
				 cli->heap_profile ? "" : "out");
		return EXIT_USAGE;
	}
	return -1;
}

/* A gate that nobody judges would look as if it had passed. */
static int check_profile(const struct cli *cli)
{
	if (!cli->heap_profile || (cli->limits.max_leaks < 0 && cli->limits.max_undrained < 0))
		return check_outputs(cli);
	complain("timerleak report: --heap-profile judges no gate: leave out --max-leaks and "
		 "--max-undrained\n");
	return EXIT_USAGE;
}

int cli_parse(struct cli *cli, enum cli_command command, int argc, char **argv)
{
	/* "+": the options of the program to run are not ours. ":": complaints are ours. */
	const char *letters = command == CLI_RUN ? "+:o:hV" : ":o:hV";
	int id, status;

	*cli = (struct cli){
	    .command = command,
	    .limits = {GATE_UNSET, GATE_UNSET},
	    .leak_kinds = LEAK_KINDS_DEFAULT,
	    .error_exitcode = EXIT_GATE,
	};
	optind = 0; /* glibc: start anew, the "+" included (getopt(3), notes) */
	opterr = 0;
	while ((id = getopt_long(argc, argv, letters, options_of(command), NULL)) != -1) {
		status = take_any(cli, id, argv);
		if (status >= 0)
			return status;
	}
	cli->args = argv + optind;
	cli->arg_count = argc - optind;
	return check_profile(cli);
}

void cli_free(struct cli *cli)
{
	free(cli->outputs);
	free(cli->suppressions);
	cli->outputs = NULL;
	cli->suppressions = NULL;
}
