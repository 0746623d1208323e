/* SPDX-License-Identifier: MIT */
/*
 * cli.h - the command line of `timerleak run`, `report` and `diff`, which share most options.
 *
 * Strings point into argv, which outlives the struct; the arrays are owned by it (cli_free).
 * A mistake is one clear line on stderr, with the nearest option where a name is unknown, and
 * status 2. An option or format of a later version is known by name and refused, never ignored.
 */
#ifndef ANALYZER_CLI_H
#define ANALYZER_CLI_H

#include "gate.h"
#include "output.h"
#include <stdbool.h>
#include <stddef.h>

#define EXIT_USAGE    2	 /* bad usage or unreadable input */
#define EXIT_NO_TRACE 3	 /* run: no trace can appear or appeared */
#define EXIT_GATE     23 /* a gate failed; --error-exitcode replaces it */

enum cli_command { CLI_RUN, CLI_REPORT, CLI_DIFF };

struct cli {
	enum cli_command command;

	struct output_target *outputs; /* -o, in the order given; none: text to the default place */
	size_t output_count;
	struct gate_limits limits;
	unsigned leak_kinds; /* KIND_BIT(...) of classify.h */
	int error_exitcode;  /* EXIT_GATE unless given */
	const char **suppressions;
	size_t suppression_count;
	bool no_default_suppressions;
	bool gen_suppressions;
	bool lenient_suppressions; /* a file in error is a note: for the shim */
	const char *baseline;	   /* NULL = none */
	const char *source_root;   /* stripped from file names; NULL = none */
	const char *debug_root;	   /* NULL = none */
	bool debuginfod;
	enum output_color color;

	/* report alone */
	bool heap_profile;

	/* run alone */
	const char *heap;  /* "heap=off" and so on, for the shim; NULL = its default */
	const char *trace; /* --trace=FILE, NULL = none */
	bool follow;
	unsigned follow_seconds; /* 0 = no limit */

	/* What is left: TRACE... of report; BASE and NEW of diff; the program and its arguments of
	 * run, NULL-terminated like argv. */
	char **args;
	int arg_count;
};

/*
 * argv[0] is the subcommand's name. Returns -1 to go on, or the exit status to end with at once: 0
 * after --help or --version, EXIT_USAGE after a mistake that was printed. cli_free() is right in
 * each case. `run` stops at the first operand or at `--`.
 */
int cli_parse(struct cli *cli, enum cli_command command, int argc, char **argv);
void cli_free(struct cli *cli);

#endif
