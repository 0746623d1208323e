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
	struct strbuf cases;
	struct tally names;
	const char *suite;
	const struct report *report;
	size_t tests, failures, errors, skipped;
};

static void begin_case(struct junit *j, const char *name)
{
	j->tests++;
	strbuf_puts(&j->cases, "    <testcase");
	attribute(&j->cases, "classname", j->suite);
	attribute(&j->cases, "name", name);
	strbuf_puts(&j->cases, " time=\"0\"");
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

static void failure(struct junit *j, const struct merged_site *site, const struct entry *first)
{
	struct strbuf title = STRBUF_INIT, body = STRBUF_INIT;
	const struct entry *entry;

	j->failures++;
	ci_headline(&title, first);
	for (entry = site->entries; entry; entry = entry->next)
		if (entry->leaked)
			ci_body(&body, entry);
	strbuf_puts(&j->cases, ">\n      <failure");
	attribute(&j->cases, "type", verdict_class_name(first->verdict.class));
	attribute(&j->cases, "message", title.data);
	strbuf_puts(&j->cases, ">");
	if (body.data)
		xml_lines(&j->cases, body.data);
	strbuf_puts(&j->cases, "</failure>\n    </testcase>\n");
	j->cases.failed |= title.failed || body.failed;
	strbuf_free(&title);
	strbuf_free(&body);
}

static void site_case(struct junit *j, const struct merged_site *site)
{
	const struct entry *bad = worst(site), *entry = site->entries;
	struct strbuf name = STRBUF_INIT;

	site_name(&name, j, site);
	begin_case(j, name.data);
	j->cases.failed |= name.failed;
	strbuf_free(&name);
	if (bad) {
		failure(j, site, bad);
		return;
	}
	while (entry && !entry->suppressed_by)
		entry = entry->next;
	if (!entry) {
		strbuf_puts(&j->cases, "/>\n");
		return;
	}
	j->skipped++;
	strbuf_puts(&j->cases, ">\n      <skipped");
	attribute(&j->cases, "message", entry->suppressed_by);
	strbuf_puts(&j->cases, "/>\n    </testcase>\n");
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void error_case(struct junit *j, const char *name, const char *type, const char *message)
{
	j->errors++;
	begin_case(j, name);
	strbuf_puts(&j->cases, ">\n      <error");
	attribute(&j->cases, "type", type);
	attribute(&j->cases, "message", message);
	strbuf_puts(&j->cases, "/>\n    </testcase>\n");
}

static void other_cases(struct junit *j, const struct gate *gate)
{
	size_t i;

	if (!j->report->complete)
		error_case(j, "the data is complete", "incomplete",
			   "a trace was cut, lost records, or could not be read");
	/* The other reasons are failures of sites, or said above. */
	for (i = 0; gate->reasons[i]; i++)
		if (strstr(gate->reasons[i], "undrained"))
			error_case(j, "the expiry of timers is taken", gate->reasons[i],
				   "the gate --max-undrained failed");
	if (j->tests)
		return;
	/* Readers take a suite without a test for a run that broke. */
	begin_case(j, "no timer leaked");
	strbuf_puts(&j->cases, "/>\n");
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
		      j->tests, j->failures, j->errors, j->skipped);
}

int emit_junit(struct strbuf *out, const struct format_input *in)
{
	struct strbuf suite = STRBUF_INIT;
	struct junit j = {.report = in->report};
	size_t i;

	strbuf_puts(&suite, "timerleak.");
	strbuf_puts_safe(&suite, suite_name(in->report));
	j.suite = suite.data;
	for (i = 0; i < group_site_count(in->report->group); i++)
		if (group_site(in->report->group, i)->entries)
			site_case(&j, group_site(in->report->group, i));
	other_cases(&j, in->gate);
	strbuf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
			 "name=\"timerleak\"");
	counts(out, &j);
	strbuf_puts(out, " time=\"0\">\n  <testsuite");
	attribute(out, "name", j.suite);
	counts(out, &j);
	strbuf_puts(out, " time=\"0\">\n");
	strbuf_puts(out, j.cases.data ? j.cases.data : "");
	strbuf_puts(out, "  </testsuite>\n</testsuites>\n");
	out->failed |= j.cases.failed || suite.failed;
	tally_free(&j.names);
	strbuf_free(&j.cases);
	strbuf_free(&suite);
	return out->failed ? -1 : 0;
}
