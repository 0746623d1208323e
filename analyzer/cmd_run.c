/* SPDX-License-Identifier: MIT */
/* cmd_run.c - `timerleak run`: starts a program under the shim, waits, reports over all of it. */
#include "cli.h"
#include "cmd.h"
#include "launch.h"
#include "launch_kin.h"
#include "launch_place.h"
#include "launch_traces.h"
#include "preflight.h"
#include "report_rules.h"
#include "report_run.h"
#include "safe.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127
#define LINGER_MS	    2000 /* for descendants that outlive the program */
#define NAMED_MAX	    10	 /* of those that still run */

struct run {
	struct cli cli;
	char *shim;
	struct preflight program;
	struct launch_place place;
	struct launch launch;
	struct launch_traces traces;
	struct launch_kin kin; /* alive after the program has ended */
};

/* ---- before the start --------------------------------------------------------------------- */

/* A descriptor that we open must not become 0, 1 or 2: the report would be written into it. Closed
 * at exec, so that the program finds them as closed as they were. */
static void hold_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* A mistake in a rule is told before the program runs for an hour. */
static int check_rules(const struct cli *cli)
{
	struct report_rules rules;
	int status = report_rules_load(&rules, cli);

	report_rules_free(&rules);
	return status;
}

static int check_program(struct run *run)
{
	const char *name = run->cli.args[0];
	const struct preflight *program = &run->program;

	switch (preflight(&run->program, name, run->shim)) {
	case PREFLIGHT_NOT_FOUND:
		complain("timerleak: %s: %s\n", name, program->reason);
		return EXIT_NOT_FOUND;
	case PREFLIGHT_NOT_EXECUTABLE:
		complain("timerleak: %s: %s\n", name, program->reason);
		return EXIT_NOT_EXECUTABLE;
	case PREFLIGHT_NO_TRACE:
		complain("timerleak: %s: cannot be traced: %s; it was not started\n", program->path,
			 program->reason);
		return EXIT_NO_TRACE;
	case PREFLIGHT_OK:
		break;
	}
	return 0;
}

static int prepare(struct run *run)
{
	char error[PATH_MAX + 128];
	int status;

	if (run->cli.arg_count == 0) {
		complain("timerleak run: no program given (see timerleak run --help)\n");
		return EXIT_USAGE;
	}
	status = check_rules(&run->cli);
	if (status)
		return status;
	run->shim = launch_find_shim();
	if (!run->shim) {
		complain("timerleak: libtimerleak.so was not found beside the program "
			 "timerleak nor in ../lib\n");
		return EXIT_NO_TRACE;
	}
	status = check_program(run);
	if (status)
		return status;
	if (launch_place_make(&run->place, run->cli.trace, error, sizeof(error)) == 0)
		return 0;
	complain("timerleak: %s\n", error);
	return run->place.start ? EXIT_NO_TRACE : EXIT_USAGE;
}

/* ---- running ------------------------------------------------------------------------------ */

/* The path of the shim as the loader can take it: through a link if it has blanks or colons. */
static const char *preloadable_shim(struct run *run, char link[PATH_MAX])
{
	if (launch_preloadable(run->shim))
		return run->shim;
	snprintf(link, PATH_MAX, "%s/libtimerleak.so", run->place.dir);
	return symlink(run->shim, link) == 0 ? link : run->shim;
}

static int start(struct run *run)
{
	char link[PATH_MAX];
	const struct launch_env env = {
	    .shim = preloadable_shim(run, link),
	    .sanitizer = run->program.sanitizer,
	    .run_dir = run->place.dir,
	    .trace = run->place.trace,
	    .heap = run->cli.heap,
	};
	int error = launch_start(&run->launch, run->cli.args, &env, run->cli.follow);

	if (!error)
		return 0;
	complain("timerleak: %s: %s\n", run->cli.args[0], strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* How long to wait for descendants, in ms; UINT64_MAX: until the last one has ended. */
static uint64_t patience(const struct cli *cli)
{
	if (!cli->follow)
		return LINGER_MS;
	return cli->follow_seconds ? (uint64_t)cli->follow_seconds * 1000 : UINT64_MAX;
}

static bool descendants_left(struct run *run)
{
	bool children = run->cli.follow && launch_reap_others(&run->launch);

	launch_kin_free(&run->kin);
	launch_kin_find(&run->kin, run->place.dir);
	launch_traces_free(&run->traces);
	launch_traces_list(&run->traces, &run->place);
	return children || run->kin.count > 0 || launch_traces_alive(&run->traces) > 0;
}

static void wait_for_descendants(struct run *run)
{
	uint64_t limit = patience(&run->cli), start = monotonic_ms();
	int pause = 1;
	siginfo_t info;

	while (descendants_left(run) && monotonic_ms() - start < limit) {
		if (launch_signals_wait(&run->launch.signals, pause, &info) &&
		    launch_signals_ends_waiting(&info))
			break;
		pause = pause < 100 ? pause * 2 : pause;
	}
}

/* ---- the report --------------------------------------------------------------------------- */

/* "2 processes still run: 12 (/usr/bin/a), 13 (/usr/bin/b)"; malloc'ed. */
static char *name_the_living(const struct launch_traces *traces)
{
	size_t i, alive = launch_traces_alive(traces), named = 0;
	struct strbuf text = STRBUF_INIT;

	if (!alive)
		return NULL;
	strbuf_printf(&text, "%zu process%s, reported as %s now:", alive,
		      alive == 1 ? " still runs" : "es still run",
		      alive == 1 ? "it is" : "they are");
	for (i = 0; i < traces->count && named < NAMED_MAX; i++) {
		const struct launch_trace *trace = &traces->items[i];

		if (!trace->alive)
			continue;
		strbuf_printf(&text, "%s %u (", named++ ? "," : "", trace->pid);
		strbuf_puts_safe(&text, trace->exe);
		strbuf_puts(&text, ")");
	}
	if (alive > named)
		strbuf_printf(&text, " and %zu more", alive - named);
	return text.data;
}

static bool is_traced(const struct launch_traces *traces, pid_t pid)
{
	size_t i;

	for (i = 0; i < traces->count; i++)
		if (traces->items[i].alive && traces->items[i].pid == (uint32_t)pid)
			return true;
	return false;
}

/* "2 processes still run without a trace: 12, 13"; malloc'ed, NULL if there is none. */
static char *name_the_untraced(const struct run *run)
{
	struct strbuf text = STRBUF_INIT, names = STRBUF_INIT;
	size_t i, count = 0;

	for (i = 0; i < run->kin.count; i++) {
		if (is_traced(&run->traces, run->kin.pids[i]))
			continue;
		if (count < NAMED_MAX)
			strbuf_printf(&names, "%s %d", count ? "," : "", (int)run->kin.pids[i]);
		count++;
	}
	if (count)
		strbuf_printf(&text, "%zu process%s without a trace:%s%s", count,
			      count == 1 ? " still runs" : "es still run", names.data,
			      count > NAMED_MAX ? " and more" : "");
	strbuf_free(&names);
	return text.data;
}

/* An exec into a program that the shim could not enter: its timers are unknown. */
static char *say_lost(const struct run *run)
{
	const struct launch_trace *newest = launch_traces_newest(&run->traces, run->launch.end.pid);
	char *text;

	if (newest && newest->end_state != TL_END_EXEC)
		return NULL;
	if (asprintf(
		&text, "process %d %s (static, set-uid, another libc, or LD_PRELOAD was removed)",
		(int)run->launch.end.pid,
		newest ? "went on as another program, which made no trace" : "made no trace") < 0)
		return NULL;
	return text;
}

/*
 * Descendants that did so. Told, but no gate fails for it: a build calls many a program that is
 * static. malloc'ed, NULL if there is none.
 */
static char *name_the_lost(const struct run *run)
{
	struct strbuf text = STRBUF_INIT, names = STRBUF_INIT;
	size_t i, count = 0;

	for (i = 0; i < run->traces.count; i++) {
		const struct launch_trace *trace = &run->traces.items[i];

		if (trace->end_state != TL_END_EXEC ||
		    trace->pid == (uint32_t)run->launch.end.pid ||
		    launch_traces_newest(&run->traces, (pid_t)trace->pid) != trace)
			continue;
		if (count < NAMED_MAX)
			strbuf_printf(&names, "%s %u", count ? "," : "", trace->pid);
		count++;
	}
	if (count)
		strbuf_printf(
		    &text,
		    "%zu child process%s went on as a program that made no trace (static, "
		    "set-uid, another libc, or LD_PRELOAD was removed), its timers are "
		    "unknown:%s%s",
		    count, count == 1 ? "" : "es", names.data,
		    count > NAMED_MAX ? " and more" : "");
	strbuf_free(&names);
	return text.data;
}

static int report(struct run *run)
{
	const struct launch_traces *traces = &run->traces;
	struct report_input *inputs = calloc(traces->count, sizeof(*inputs));
	char *living = name_the_living(traces), *lost = say_lost(run);
	char *untraced = name_the_untraced(run), *children = name_the_lost(run);
	const char *warnings[4];
	struct report_extra extra = {.main_pid = (uint32_t)run->launch.end.pid,
				     .warnings = warnings,
				     .incomplete = lost != NULL};
	struct report_result result;
	size_t i;
	int status = EXIT_USAGE;

	if (living)
		warnings[extra.warning_count++] = living;
	if (untraced)
		warnings[extra.warning_count++] = untraced;
	if (lost)
		warnings[extra.warning_count++] = lost;
	if (children)
		warnings[extra.warning_count++] = children;
	for (i = 0; inputs && i < traces->count; i++)
		inputs[i].path = traces->items[i].path;
	if (inputs)
		status =
		    report_run(&run->cli, inputs, traces->count, &extra, STDERR_FILENO, &result);
	if (inputs)
		status = report_exit_status(&run->cli, status, &result);
	free(inputs);
	free(living);
	free(untraced);
	free(lost);
	free(children);
	return status;
}

static int say_no_trace(const struct run *run)
{
	const char *options = getenv("TIMERLEAK_OPTIONS");

	if (options && strstr(options, "enabled=0")) {
		complain("timerleak: %s: no trace appeared: TIMERLEAK_OPTIONS has enabled=0\n",
			 run->cli.args[0]);
		return EXIT_NO_TRACE;
	}
	complain("timerleak: %s: no trace appeared: the program removed LD_PRELOAD, runs on "
		 "another libc, could not write to %s, or has been killed too early\n",
		 run->cli.args[0], run->place.trace[0] ? run->place.trace : run->place.dir);
	return EXIT_NO_TRACE;
}

static void record_ends(struct run *run)
{
	size_t i;

	launch_traces_record_end(&run->traces, &run->launch.end);
	for (i = 0; i < run->launch.other_count; i++)
		launch_traces_record_end(&run->traces, &run->launch.others[i]);
	launch_traces_record_killed(&run->traces);
}

static int follow_and_report(struct run *run)
{
	int status, own;

	launch_wait(&run->launch);
	wait_for_descendants(run);
	launch_place_guard(&run->place);
	record_ends(run);
	launch_signals_restore(&run->launch.signals);
	own = run->traces.count ? report(run) : say_no_trace(run);
	status = launch_status(&run->launch.end);
	return status ? status : own;
}

int cmd_run(int argc, char **argv)
{
	struct run run = {.shim = NULL};
	int status;

	hold_standard_descriptors();
	status = cli_parse(&run.cli, CLI_RUN, argc, argv);
	if (status < 0)
		status = prepare(&run);
	if (status > 0 || !run.shim)
		goto out;
	status = start(&run);
	if (!status)
		status = follow_and_report(&run);
	launch_finish(&run.launch);
out:
	launch_place_remove(&run.place);
	launch_traces_free(&run.traces);
	launch_kin_free(&run.kin);
	free(run.shim);
	cli_free(&run.cli);
	return status;
}
