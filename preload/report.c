/* SPDX-License-Identifier: MIT */
#include "report.h"
#include "modules.h"
#include "options.h"
#include "out.h"
#include "report_args.h"
#include "report_compact.h"
#include "report_facts.h"
#include "report_spawn.h"
#include "sink.h"
#include "sys.h"
#include "under.h"

enum gate { GATE_PASSED, GATE_FAILED };

/* ---- the beginning -------------------------------------------------------------------------- */

static void show_help(void)
{
	char line[280];

	tl_out_warn("TIMERLEAK_OPTIONS, items separated by ':', with the values in force:");
	for (unsigned i = 0; tl_options_help(i, line, sizeof(line)); i++)
		tl_out_warn(line);
}

void tl_report_begin(void)
{
	bool warn = tl_options.verbosity > 0 && tl_options_warning(0);

	if ((!warn && !tl_options.help) || tl_under_parent())
		return;
	for (unsigned i = 0; warn && tl_options_warning(i); i++)
		tl_out_warn(tl_options_warning(i));
	if (tl_options.help)
		show_help();
}

/* ---- gates ---------------------------------------------------------------------------------- */

static bool gate_asked(void)
{
	return tl_options.max_leaks >= 0 || tl_options.max_undrained >= 0;
}

static bool exceeds(uint64_t live, int64_t limit)
{
	return limit >= 0 && live > (uint64_t)limit;
}

/* Without verdicts: no more can have leaked, or be undrained, than are there. */
static enum gate gate_by_facts(const struct tl_facts *facts)
{
	bool failed = facts->incomplete || exceeds(facts->live, tl_options.max_leaks) ||
		      exceeds(facts->live, tl_options.max_undrained);

	return failed ? GATE_FAILED : GATE_PASSED;
}

static int ending(int status, enum gate gate)
{
	bool failed = gate_asked() && gate == GATE_FAILED;

	return status == 0 && failed ? (int)tl_options.exitcode : status;
}

int tl_report_blind(int status)
{
	struct tl_facts facts;

	if (!tl_options.enabled || tl_options.under_run)
		return status;
	tl_facts_gather(&facts);
	/* No audit was possible, so timers may be there that nobody has seen. */
	facts.incomplete |= tl_sink_active();
	return ending(status, gate_by_facts(&facts));
}

/* ---- the end -------------------------------------------------------------------------------- */

static void say_clean(void)
{
	struct tl_out out;

	if (tl_options.verbosity == 0 || tl_under_parent())
		return;
	out = tl_out_open(false);
	if (out.fd >= 0)
		tl_report_clean_line(out.fd);
	tl_out_close(&out);
}

static bool start_wanted(char *why, size_t size)
{
	if (tl_options.secure)
		tl_strcopy(why, size, "the process has gained privileges");
	else if (!tl_options.symbolize)
		tl_strcopy(why, size, "symbolize=0");
	else if (!tl_sink_active())
		tl_strcopy(why, size, "no memory for a trace");
	else
		return true;
	return false;
}

static void explain(const struct tl_spawn *spawn, char *why, size_t size)
{
	switch (spawn->end) {
	case TL_SPAWN_FAILED:
		if (spawn->error == ENOENT)
			tl_strcopy(why, size, "the program timerleak was not found");
		else
			tl_format(why, size,
				  "the program timerleak could not be started (error %d)",
				  spawn->error);
		break;
	case TL_SPAWN_EXITED:
		tl_format(why, size, "timerleak ended with status %d", spawn->status);
		break;
	case TL_SPAWN_SIGNALED:
		tl_format(why, size, "timerleak was killed by signal %d", spawn->status);
		break;
	case TL_SPAWN_TIMEOUT:
		tl_format(why, size, "timerleak took more than %u seconds (report_timeout)",
			  spawn->seconds);
		break;
	case TL_SPAWN_UNKNOWN:
		tl_strcopy(why, size, "how timerleak ended could not be learnt");
		break;
	}
}

enum outcome {
	REPORTED,
	NOT_STARTED,
	BROKEN, /* started, but it did not come to an end that we understand */
};

static enum outcome judge(const struct tl_spawn *spawn)
{
	if (spawn->end == TL_SPAWN_FAILED)
		return NOT_STARTED;
	if (spawn->end == TL_SPAWN_EXITED &&
	    (spawn->status == 0 || (gate_asked() && spawn->status == TL_REPORT_GATE_STATUS)))
		return REPORTED;
	return BROKEN;
}

static enum outcome full_report(int fd, enum gate *gate, char *why, size_t size)
{
	struct tl_report_args *args;
	struct tl_spawn spawn = {
	    .input = tl_sink_base(),
	    .input_size = tl_sink_used(),
	    .out = fd,
	    .seconds = (unsigned)tl_options.report_timeout,
	    .hold = tl_options.verbosity == 0,
	    .silent_if = "SUMMARY: timerleak: 0 timers leaked",
	};

	if (!start_wanted(why, size))
		return NOT_STARTED;
	args = tl_report_args_new();
	if (!args) {
		tl_strcopy(why, size, "no memory");
		return NOT_STARTED;
	}
	spawn.programs = args->programs;
	spawn.argv = args->argv;
	tl_report_spawn(&spawn);
	tl_report_args_free(args);
	*gate = spawn.status == 0 ? GATE_PASSED : GATE_FAILED;
	explain(&spawn, why, size);
	return judge(&spawn);
}

static void short_report(int fd, const struct tl_facts *facts, const char *why)
{
	if (fd >= 0 && (tl_options.verbosity > 0 || !tl_facts_clean(facts)))
		tl_report_compact(fd, facts, why);
}

static void note_place(const struct tl_out *out)
{
	if (out->place == TL_OUT_STRAY)
		tl_sink_note(TL_NOTE_STDERR, "standard error was closed or replaced: the report "
					     "is in a file beside this trace");
	else if (out->place == TL_OUT_NOWHERE)
		tl_sink_note(TL_NOTE_STDERR, "standard error was closed or replaced: the report "
					     "could not be written");
	else if (out->place == TL_OUT_INSTEAD)
		tl_out_warn("log_path could not be opened: the report is here");
}

/* Its disk may be full: who waits for the file has to hear of it elsewhere. */
static void warn_of_log(const struct tl_out *out, const char *why)
{
	char line[200];

	if (!tl_options.log_path || out->place != TL_OUT_WANTED)
		return;
	tl_format(line, sizeof(line), "the report in log_path is not whole: %s", why);
	tl_out_warn(line);
}

static enum gate report(const struct tl_facts *facts)
{
	struct tl_out out = tl_out_open(true);
	enum gate gate = GATE_FAILED;
	enum outcome outcome;
	char why[100];

	note_place(&out);
	outcome = full_report(out.fd, &gate, why, sizeof(why));
	if (outcome == NOT_STARTED)
		gate = gate_by_facts(facts);
	else if (outcome == BROKEN)
		gate = GATE_FAILED;
	if (outcome == BROKEN)
		warn_of_log(&out, why);
	if (outcome != REPORTED)
		short_report(out.fd, facts, why);
	else if (out.place != TL_OUT_STRAY && out.place != TL_OUT_NOWHERE)
		tl_sink_discard();
	tl_out_close(&out);
	return gate;
}

int tl_report_at_exit(int status)
{
	struct tl_facts facts;
	enum gate gate = GATE_PASSED;

	if (!tl_options.enabled || tl_options.under_run)
		return status;
	tl_facts_gather(&facts);
	if (!facts.sites && tl_facts_clean(&facts)) {
		say_clean();
		tl_sink_discard();
	} else {
		gate = report(&facts);
	}
	return ending(status, gate);
}
