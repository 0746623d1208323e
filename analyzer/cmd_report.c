/* SPDX-License-Identifier: MIT */
/* cmd_report.c - `timerleak report TRACE...|PID...|-`. */
#include "cmd.h"
#include "report_profile.h"
#include "report_run.h"
#include "safe.h"
#include "trace_find.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct inputs {
	struct report_input *list;
	size_t count, capacity;
	struct trace_paths *found; /* one an argument, owns the paths of PIDs */
	size_t missing;		   /* PIDs without a trace, named on stderr */
};

static int inputs_add(struct inputs *inputs, const char *path, bool found)
{
	if (!array_grow(&inputs->list, inputs->count, &inputs->capacity, sizeof(*inputs->list)))
		return -1;
	inputs->list[inputs->count++] = (struct report_input){.path = path, .found = found};
	return 0;
}

static int inputs_add_pid(struct inputs *inputs, uint32_t pid, struct trace_paths *found)
{
	char error[256];
	size_t i;

	if (trace_find_pid(pid, found, error, sizeof(error))) {
		complain("timerleak: process %u: %s\n", pid, error);
		inputs->missing++;
		return 0;
	}
	for (i = 0; i < found->count; i++)
		if (inputs_add(inputs, found->paths[i], true))
			return -1;
	return 0;
}

static bool all_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* All digits mean a PID, whatever their value: a file of such a name is ./123. */
static int inputs_collect(struct inputs *inputs, const struct cli *cli)
{
	int i;

	inputs->found = calloc((size_t)cli->arg_count, sizeof(*inputs->found));
	if (!inputs->found)
		return -1;
	for (i = 0; i < cli->arg_count; i++) {
		const char *arg = cli->args[i];
		uint64_t pid;
		int failed;

		if (!all_digits(arg)) {
			failed = inputs_add(inputs, arg, false);
		} else if (parse_u64(arg, INT32_MAX, &pid)) {
			failed = inputs_add_pid(inputs, (uint32_t)pid, &inputs->found[i]);
		} else {
			complain("timerleak: process %s: no such process\n", arg);
			inputs->missing++;
			failed = 0;
		}
		if (failed)
			return -1;
	}
	return 0;
}

static void inputs_free(struct inputs *inputs, const struct cli *cli)
{
	int i;

	for (i = 0; inputs->found && i < cli->arg_count; i++)
		trace_paths_free(&inputs->found[i]);
	free(inputs->found);
	free(inputs->list);
}

static int report(const struct cli *cli, const struct inputs *inputs)
{
	const struct report_extra extra = {.incomplete = inputs->missing > 0};
	struct report_result result;
	int status = report_run(cli, inputs->list, inputs->count, &extra, STDOUT_FILENO, &result);

	if (inputs->missing)
		status = EXIT_USAGE;
	return report_exit_status(cli, status, &result);
}

static int profile(const struct cli *cli, const struct inputs *inputs)
{
	int status = report_profile(cli, inputs->list, inputs->count, STDOUT_FILENO);

	return inputs->missing ? EXIT_USAGE : status;
}

static int report_inputs(const struct cli *cli)
{
	struct inputs inputs = {0};
	int status = EXIT_USAGE;

	if (inputs_collect(&inputs, cli))
		complain("timerleak: out of memory\n");
	else if (inputs.count)
		status = cli->heap_profile ? profile(cli, &inputs) : report(cli, &inputs);
	inputs_free(&inputs, cli);
	return status;
}

int cmd_report(int argc, char **argv)
{
	struct cli cli;
	int status = cli_parse(&cli, CLI_REPORT, argc, argv);

	if (status < 0 && cli.arg_count == 0) {
		complain("timerleak report: no trace given: name files, PIDs, or - for "
			 "stdin (see timerleak report --help)\n");
		status = EXIT_USAGE;
	}
	if (status < 0)
		status = report_inputs(&cli);
	cli_free(&cli);
	return status;
}
