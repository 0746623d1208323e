/* SPDX-License-Identifier: MIT */
#include "report_run.h"
#include "emit_text.h"
#include "formats.h"
#include "image_set.h"
#include "report_rules.h"
#include "safe.h"
#include "trace_sweep.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- output ------------------------------------------------------------------------------- */

static int write_one(const struct cli *cli, const struct output_target *target,
		     const struct format_input *input)
{
	struct format_input in = *input;
	struct output out;
	/* A file is for later and for others: colour only where it was asked for. */
	enum output_color color =
	    cli->color == COLOR_AUTO && strcmp(target->path, "-") != 0 ? COLOR_NEVER : cli->color;

	in.colored = output_colored(color, STDOUT_FILENO);
	if (output_begin(&out, target->path))
		return -1;
	return output_end(&out, target->format->report(&out.text, &in) != 0);
}

static int write_default(const struct cli *cli, int fd, const struct format_input *in)
{
	struct strbuf out = STRBUF_INIT;
	bool colored = output_colored(cli->color, fd);
	int result = emit_text(&out, in->report, in->gate, colored);

	if (!result)
		result = output_write_fd(fd, &out);
	if (result)
		perror("timerleak: cannot write the report");
	strbuf_free(&out);
	return result;
}

/* The outputs that were asked for are written: a stderr that is closed or full undoes nothing. */
static void write_summary(const struct cli *cli, const struct format_input *in)
{
	struct strbuf out = STRBUF_INIT;

	bool colored = output_colored(cli->color, STDERR_FILENO);

	if (!emit_text_summary(&out, in->report, in->gate, colored))
		(void)!output_write_fd(STDERR_FILENO, &out);
	strbuf_free(&out);
}

static int write_all(const struct cli *cli, int default_fd, const struct format_input *in)
{
	int failed = 0;
	size_t i;

	if (cli->output_count == 0)
		return write_default(cli, default_fd, in);
	for (i = 0; i < cli->output_count; i++)
		failed |= write_one(cli, &cli->outputs[i], in) != 0;
	write_summary(cli, in);
	return failed ? -1 : 0;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static int add_extra_warnings(struct report *report, const struct report_extra *extra)
{
	size_t i;

	for (i = 0; extra && i < extra->warning_count; i++)
		if (report_warn(report, "%s", extra->warnings[i]))
			return -1;
	return 0;
}

/* Debug information has absolute names; what was given as a path from here has to be one too. An
 * absolute one is taken as it stands: the compiler may have gone through a link. */
const char *report_source_root(const struct cli *cli, char path[PATH_MAX])
{
	const char *given = cli->source_root;

	return given && *given != '/' && realpath(given, path) ? path : given;
}

static int judge_and_write(const struct cli *cli, const struct image_set *set,
			   const struct report_extra *extra, struct symbolizer *sym,
			   const char *source_root, const struct report_rules *rules,
			   int default_fd, struct report_result *result)
{
	const struct report_options options = {
	    .leak_kinds = cli->leak_kinds,
	    .main_pid = extra ? extra->main_pid : 0,
	    .incomplete = set->unreadable || (extra && extra->incomplete),
	    .gen_suppressions = cli->gen_suppressions,
	    .no_own_rules = cli->no_default_suppressions,
	    .baseline = cli->baseline ? &rules->baseline : NULL,
	};
	struct format_input in;
	struct report report;
	struct gate gate;
	int status = 0;

	report = (struct report){0};
	if (report_build(&report, image_set_ordered(set), image_set_count(set), sym,
			 rules->suppressions, &options) ||
	    (rules->warning && report_warn(&report, "%s", rules->warning)) ||
	    add_extra_warnings(&report, extra)) {
		complain("timerleak: out of memory\n");
		report_free(&report);
		return EXIT_USAGE;
	}
	gate_judge(&gate, &cli->limits, &report);
	result->gate = gate.state;
	in = (struct format_input){
	    .report = &report, .gate = &gate, .sym = sym, .source_root = source_root};
	if (write_all(cli, default_fd, &in)) {
		result->write_failed = true;
		status = EXIT_USAGE;
	}
	report_free(&report);
	return status;
}

int report_run(const struct cli *cli, const struct report_input *inputs, size_t input_count,
	       const struct report_extra *extra, int default_fd, struct report_result *result)
{
	char root[PATH_MAX];
	const struct symbolizer_options symbolize = {
	    .debug_root = cli->debug_root,
	    .source_root = report_source_root(cli, root),
	    .debuginfod = cli->debuginfod,
	    .symbolize = true,
	};
	struct symbolizer *sym = symbolizer_new(&symbolize);
	struct report_rules rules;
	struct image_set set = {0};
	int status = EXIT_USAGE;

	*result = (struct report_result){.gate = GATE_NONE};
	if (report_rules_load(&rules, cli) || !sym)
		goto out;
	if (image_set_read(&set, inputs, input_count))
		goto out;
	if (extra)
		image_set_apply_ends(&set, extra->ends, extra->end_count);
	result->read = image_set_count(&set);
	result->unreadable = set.unreadable;
	if (result->read == 0)
		goto out;
	status = judge_and_write(cli, &set, extra, sym, symbolize.source_root, &rules, default_fd,
				 result);
	if (set.unreadable)
		status = EXIT_USAGE;
out:
	image_set_free(&set);
	symbolizer_free(sym);
	report_rules_free(&rules);
	trace_sweep();
	return status;
}

int report_exit_status(const struct cli *cli, int run_status, const struct report_result *result)
{
	if (run_status)
		return run_status;
	return result->gate == GATE_FAILED ? cli->error_exitcode : 0;
}
