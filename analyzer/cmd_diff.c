/* SPDX-License-Identifier: MIT */
/*
 * cmd_diff.c - `timerleak diff BASE NEW`. Each is a JSON report or a trace; a trace is reported as
 * JSON first, so that both are read, and refused, in one way.
 */
#include "cmd.h"
#include "diff.h"
#include "emit_diff.h"
#include "emit_json.h"
#include "formats.h"
#include "image_set.h"
#include "report_rules.h"
#include "report_run.h"
#include "safe.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ERROR_SIZE (PATH_MAX + 256)

/* ---- inputs --------------------------------------------------------------------------------- */

static int say(const char *error)
{
	complain("timerleak diff: %s\n", error);
	return -1;
}

static int report_json(const struct cli *cli, const struct image_set *set, struct symbolizer *sym,
		       const struct report_rules *rules, struct strbuf *out)
{
	const struct report_options options = {
	    .leak_kinds = cli->leak_kinds,
	    .incomplete = set->unreadable > 0,
	    .no_own_rules = cli->no_default_suppressions,
	};
	struct report report = {0};
	struct gate gate;
	int failed = report_build(&report, image_set_ordered(set), image_set_count(set), sym,
				  rules->suppressions, &options);

	if (!failed) {
		gate_judge(&gate, &(struct gate_limits){GATE_UNSET, GATE_UNSET}, &report);
		failed = emit_json(out, &report, &gate);
	}
	if (report.own_rules_error)
		say(report.own_rules_error);
	report_free(&report);
	return failed ? say("out of memory") : 0;
}

static int read_trace(const struct cli *cli, const char *path, const struct trace_bytes *bytes,
		      const struct report_rules *rules, struct baseline *side)
{
	char root[PATH_MAX];
	const struct symbolizer_options symbolize = {
	    .debug_root = cli->debug_root,
	    .source_root = report_source_root(cli, root),
	    .debuginfod = cli->debuginfod,
	    .symbolize = true,
	};
	const struct report_input input = {.path = path, .bytes = bytes};
	struct symbolizer *sym = symbolizer_new(&symbolize);
	struct strbuf text = STRBUF_INIT;
	struct image_set set = {0};
	char error[ERROR_SIZE];
	int failed = -1;

	if (!sym || image_set_read(&set, &input, 1))
		say("out of memory");
	else if (image_set_count(&set)) /* else it was told why */
		failed = report_json(cli, &set, sym, rules, &text);
	if (!failed && baseline_parse(side, path, text.data, text.len, error, sizeof(error)))
		failed = say(error);
	strbuf_free(&text);
	image_set_free(&set);
	symbolizer_free(sym);
	return failed;
}

static int read_side(const struct cli *cli, const char *path, const struct report_rules *rules,
		     struct baseline *side)
{
	bool input = strcmp(path, "-") == 0;
	const char *name = input ? "stdin" : path;
	char error[ERROR_SIZE], why[256];
	struct trace_bytes bytes;
	int failed = 0;

	*side = (struct baseline){0};
	if (trace_bytes_or_json(&bytes, input ? NULL : path, why, sizeof(why))) {
		snprintf(error, sizeof(error), "%s: %s", name, why);
		failed = say(error);
	} else if (!trace_bytes_are_json(&bytes)) {
		failed = read_trace(cli, path, &bytes, rules, side);
	} else if (baseline_parse_bytes(side, name, &bytes, error, sizeof(error))) {
		failed = say(error);
	}
	trace_bytes_free(&bytes);
	return failed;
}

/* ---- output --------------------------------------------------------------------------------- */

static int write_one(const struct output_target *target, const struct diff_output *in)
{
	struct output out;

	if (output_begin(&out, target->path))
		return -1;
	return output_end(&out, target->format->diff(&out.text, in) != 0);
}

static int write_all(const struct cli *cli, const struct diff_output *in)
{
	const struct output_target text = {format_by_name("text", 4), "-"};
	struct strbuf summary = STRBUF_INIT;
	int failed = 0;
	size_t i;

	if (!cli->output_count)
		return write_one(&text, in);
	for (i = 0; i < cli->output_count; i++)
		failed |= write_one(&cli->outputs[i], in) != 0;
	emit_diff_summary(&summary, in);
	(void)!output_write_fd(STDERR_FILENO, &summary);
	strbuf_free(&summary);
	return failed;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void judge(struct gate *gate, const struct cli *cli, const struct diff *diff)
{
	size_t n = 0;

	*gate = (struct gate){.limits = cli->limits, .state = GATE_NONE};
	if (cli->limits.max_leaks < 0)
		return;
	if (diff->more > (uint64_t)cli->limits.max_leaks)
		gate->reasons[n++] = "max_leaks";
	if (!diff->complete)
		gate->reasons[n++] = "incomplete";
	gate->state = n ? GATE_FAILED : GATE_PASSED;
}

static int compare(const struct cli *cli, const struct baseline *base, const struct baseline *now,
		   const struct report_rules *rules)
{
	struct diff diff;
	struct gate gate;
	const struct diff_output out = {.diff = &diff,
					.base = cli->args[0],
					.now = cli->args[1],
					.leak_kinds = cli->leak_kinds,
					.gate = &gate};
	int failed;

	if (diff_make(&diff, base, now, cli->leak_kinds, rules->suppressions)) {
		say("out of memory");
		diff_free(&diff);
		return EXIT_USAGE;
	}
	judge(&gate, cli, &diff);
	failed = write_all(cli, &out);
	diff_free(&diff);
	if (failed)
		return EXIT_USAGE;
	return gate.state == GATE_FAILED ? cli->error_exitcode : 0;
}

static int run_diff(const struct cli *cli)
{
	struct report_rules rules;
	struct baseline base = {0}, now = {0};
	int status = report_rules_load(&rules, cli);

	/* Both are read, so that both are told of where both are wrong. */
	if (!status && read_side(cli, cli->args[0], &rules, &base))
		status = EXIT_USAGE;
	if (rules.suppressions && read_side(cli, cli->args[1], &rules, &now))
		status = EXIT_USAGE;
	if (!status)
		status = compare(cli, &base, &now, &rules);
	baseline_free(&base);
	baseline_free(&now);
	report_rules_free(&rules);
	return status;
}

int cmd_diff(int argc, char **argv)
{
	struct cli cli;
	int status = cli_parse(&cli, CLI_DIFF, argc, argv);

	if (status < 0 && cli.arg_count != 2) {
		complain("timerleak diff: two files are expected, BASE and NEW, each a "
			 "trace or a JSON report (see timerleak diff --help)\n");
		status = EXIT_USAGE;
	}
	if (status < 0)
		status = run_diff(&cli);
	cli_free(&cli);
	return status;
}
