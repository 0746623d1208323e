/* SPDX-License-Identifier: MIT */
/*
 * emit_junit.c - JUnit XML. Every site of the report is a test case: leaked ones fail, with all
 * that is known in the body (some readers drop the message), suppressed ones are skipped, others
 * pass. Names hold nothing that another build would change.
 */
#include "ci_results.h"
#include "emit_ci.h"
#include "names.h"
#include "safe.h"
#include "stack_user.h"
#include "tally.h"
#include "text_parts.h"
#include "util.h"

#include <string.h>

static void xml_lines(struct strbuf *out, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		safe_xml(out, line);
		strbuf_puts(out, text ? "\n" : "");
	}
}

static void attribute(struct strbuf *out, const char *name, const char *value)
{
	strbuf_printf(out, " %s=\"", name);
	safe_xml(out, value ? value : "");
	strbuf_puts(out, "\"");
}

struct junit {
	struct strbuf *out;
	struct tally names;
	const char *suite;
	const struct report *report;
	size_t tests, failures, errors, skipped;
};

static void begin_case(struct junit *j, const char *name)
{
	strbuf_puts(j->out, "    <testcase");
	attribute(j->out, "classname", j->suite);
	attribute(j->out, "name", name);
	strbuf_puts(j->out, " time=\"0\"");
}

/* ---- a site -------------------------------------------------------------------------------- */

/* Two places in one function have one fingerprint. */
static void site_name(struct strbuf *out, struct junit *j, const struct merged_site *site)
{
	size_t number;

	strbuf_printf(out, "%s in ", timer_kind_name(site->timer));
	ci_frame_name(out, stack_caller(site->stack));
	strbuf_printf(out, " [%s]", site->fingerprint);
	number = out->failed ? 0 : tally_add(&j->names, out->data);
	if (number > 1)
		strbuf_printf(out, " %zu", number);
	out->failed |= !number;
}

static const struct entry *worst(const struct merged_site *site)
{
	const struct entry *entry, *found = NULL;

	for (entry = site->entries; entry; entry = entry->next)
		if (entry->leaked && (!found || entry->verdict.kind < found->verdict.kind))
			found = entry;
	return found;
}

static const struct entry *suppressed(const struct merged_site *site)
{
	const struct entry *entry = site->entries;

	while (entry && !entry->suppressed_by)
		entry = entry->next;
	return entry;
}

static void failure(struct junit *j, const struct merged_site *site, const struct entry *first)
{
	struct strbuf title = STRBUF_INIT, body = STRBUF_INIT;
	const struct entry *entry;

	ci_headline(&title, first);
	for (entry = site->entries; entry; entry = entry->next)
		if (entry->leaked)
			ci_body(&body, entry);
	strbuf_puts(j->out, ">\n      <failure");
	attribute(j->out, "type", verdict_class_name(first->verdict.class));
	attribute(j->out, "message", title.data);
	strbuf_puts(j->out, ">");
	if (body.data)
		xml_lines(j->out, body.data);
	strbuf_puts(j->out, "</failure>\n    </testcase>\n");
	j->out->failed |= title.failed || body.failed;
	strbuf_free(&title);
	strbuf_free(&body);
}

static void site_case(struct junit *j, const struct merged_site *site)
{
	const struct entry *bad = worst(site), *entry = suppressed(site);
	struct strbuf name = STRBUF_INIT;

	site_name(&name, j, site);
	begin_case(j, name.data);
	j->out->failed |= name.failed;
	strbuf_free(&name);
	if (bad) {
		failure(j, site, bad);
		return;
	}
	if (!entry) {
		strbuf_puts(j->out, "/>\n");
		return;
	}
	strbuf_puts(j->out, ">\n      <skipped");
	attribute(j->out, "message", entry->suppressed_by);
	strbuf_puts(j->out, "/>\n    </testcase>\n");
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void error_case(struct junit *j, const char *name, const char *type, const char *message,
		       char *body)
{
	begin_case(j, name);
	strbuf_puts(j->out, ">\n      <error");
	attribute(j->out, "type", type);
	attribute(j->out, "message", message);
	if (body) {
		strbuf_puts(j->out, ">");
		xml_lines(j->out, body);
		strbuf_puts(j->out, "</error>\n    </testcase>\n");
	} else {
		strbuf_puts(j->out, "/>\n    </testcase>\n");
	}
}

/* The other reasons are failures of sites, or said elsewhere. */
static const char *undrained_reason(const struct gate *gate)
{
	size_t i = 0;

	while (gate->reasons[i] && !strstr(gate->reasons[i], "undrained"))
		i++;
	return gate->reasons[i];
}

static void undrained_case(struct junit *j, const struct gate *gate)
{
	struct strbuf body = STRBUF_INIT;

	ci_undrained(&body, j->report, gate);
	error_case(j, "the expiry of timers is taken", undrained_reason(gate),
		   "the gate --max-undrained failed", body.data);
	j->out->failed |= body.failed;
	strbuf_free(&body);
}

static void other_cases(struct junit *j, const struct gate *gate)
{
	if (!j->report->complete)
		error_case(j, "the data is complete", "incomplete",
			   "a trace was cut, lost records, or could not be read", NULL);
	if (undrained_reason(gate))
		undrained_case(j, gate);
	if (j->tests)
		return;
	/* Readers take a suite without a test for a run that broke. */
	begin_case(j, "no timer leaked");
	strbuf_puts(j->out, "/>\n");
}

/* They come first in the document, which is not kept until they are known. */
static void count_cases(struct junit *j, const struct gate *gate)
{
	size_t i;

	for (i = 0; i < group_site_count(j->report->group); i++) {
		const struct merged_site *site = group_site(j->report->group, i);
		bool failed = worst(site);

		j->tests += site->entries != NULL;
		j->failures += failed;
		j->skipped += !failed && suppressed(site);
	}
	j->errors = !j->report->complete + (undrained_reason(gate) != NULL);
	j->tests += j->errors;
}

static const char *suite_name(const struct report *report)
{
	size_t i;

	for (i = 0; i < report->image_count; i++)
		if (report->images[i]->header.pid == report->main_pid &&
		    report->images[i]->header.exe[0])
			return path_basename(report->images[i]->header.exe);
	return "program";
}

static void counts(struct strbuf *out, const struct junit *j)
{
	strbuf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		      j->tests ? j->tests : 1, j->failures, j->errors, j->skipped);
}

static void head(struct strbuf *out, const struct junit *j)
{
	strbuf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
			 "name=\"timerleak\"");
	counts(out, j);
	strbuf_puts(out, " time=\"0\">\n  <testsuite");
	attribute(out, "name", j->suite);
	counts(out, j);
	strbuf_puts(out, " time=\"0\">\n");
}

int emit_junit(struct strbuf *out, const struct format_input *in)
{
	struct strbuf suite = STRBUF_INIT;
	struct junit j = {.out = out, .report = in->report};
	size_t i;

	strbuf_puts(&suite, "timerleak.");
	strbuf_puts_safe(&suite, suite_name(in->report));
	j.suite = suite.data;
	count_cases(&j, in->gate);
	head(out, &j);
	for (i = 0; i < group_site_count(in->report->group); i++)
		if (group_site(in->report->group, i)->entries)
			site_case(&j, group_site(in->report->group, i));
	other_cases(&j, in->gate);
	strbuf_puts(out, "  </testsuite>\n</testsuites>\n");
	out->failed |= suite.failed;
	tally_free(&j.names);
	strbuf_free(&suite);
	return out->failed ? -1 : 0;
}
