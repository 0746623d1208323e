/* SPDX-License-Identifier: MIT */
/*
 * report_run.h - from traces to written reports and a gate: what `report` and `run` share.
 */
#ifndef ANALYZER_REPORT_RUN_H
#define ANALYZER_REPORT_RUN_H

#include "cli.h"
#include <limits.h>
#include <stdint.h>

struct trace_bytes;

/* A trace by name: a file, or "-" for stdin. */
struct report_input {
	const char *path;
	bool found; /* in a place where others may write, by looking: see trace_open_found() */
	const struct trace_bytes *bytes; /* borrowed: it was read already; NULL: it was not */
};

/* What the launcher, which reaps, knows better than a trace. */
struct report_end {
	uint32_t pid;
	uint32_t end_state; /* TL_END_* ; TL_END_RUNNING = it still runs */
	int32_t status;	    /* exit status, or the signal for TL_END_SIGNAL */
};

struct report_extra {
	/* Applied to the newest image of each pid whose trace does not tell its own end. */
	const struct report_end *ends;
	size_t end_count;
	uint32_t main_pid; /* 0: the image marked run_main, else the first by start */
	/* Sentences that the report shall carry ("1 process still runs: ..."). */
	const char *const *warnings;
	size_t warning_count;
	bool incomplete; /* something is known to be missing: no gate passes */
};

struct report_result {
	size_t read;	   /* inputs that were readable */
	size_t unreadable; /* each was named on stderr */
	bool write_failed; /* an output could not be written; said on stderr */
	enum gate_state gate;
};

/*
 * Reads the inputs, builds one report over all of them, judges the gate, writes the outputs of
 * `cli` (without -o: text to default_fd; with -o: the SUMMARY line to stderr). `extra` may be NULL.
 * With no readable input nothing is written. 0, or EXIT_USAGE for anything that was unreadable or
 * unwritable or wrong (a suppression file, say), always after a message on stderr; result is
 * filled in either case.
 */
int report_run(const struct cli *cli, const struct report_input *inputs, size_t input_count,
	       const struct report_extra *extra, int default_fd, struct report_result *result);

/* --source-root as file names begin; NULL if none was given. The buffer may hold it. */
const char *report_source_root(const struct cli *cli, char path[PATH_MAX]);

/* The exit status of `report`: 0, error_exitcode for a failed gate, EXIT_USAGE before all. */
int report_exit_status(const struct cli *cli, int run_status, const struct report_result *result);

#endif
