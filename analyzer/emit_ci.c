/* SPDX-License-Identifier: MIT */
#include "ci_results.h"
#include "emit_ci.h"
#include "emit_json_parts.h"
#include "emit_json_stream.h"
#include "safe.h"
#include "stack_user.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* ---- GitHub -------------------------------------------------------------------------------- */

/* A step shows ten of a kind and drops the rest without a word. */
#define SHOWN_MAX 9

static void github_property(struct strbuf *out, const char *separator, const char *name,
			    const char *value)
{
	strbuf_printf(out, "%s%s=", separator, name);
	safe_workflow_property(out, value ? value : "");
}

/* Of several lines, the last one's end being the command's. */
static void github_message(struct strbuf *out, char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		if (!rest && !*line)
			break;
		strbuf_puts(out, line == text ? "" : "%0A");
		safe_workflow_message(out, line);
	}
}

static void github_command(struct strbuf *out, const struct ci_result *result)
{
	struct strbuf title = STRBUF_INIT, text = STRBUF_INIT;

	ci_title(&title, result->entry);
	ci_body(&text, result->entry);
	strbuf_puts(out, "::error");
	github_property(out, " ", "file", result->place.path);
	if (result->place.frame)
		strbuf_printf(out, ",line=%d", result->place.line);
	github_property(out, ",", "title", title.data);
	strbuf_puts(out, "::");
	if (text.data)
		github_message(out, text.data);
	strbuf_puts(out, "\n");
	out->failed |= title.failed || text.failed;
	strbuf_free(&title);
	strbuf_free(&text);
}

/* No site shows it: not all that are undrained have leaked. Returns whether it did. */
static bool github_undrained(struct strbuf *out, const struct format_input *in)
{
	struct strbuf text = STRBUF_INIT;
	bool any;

	ci_undrained(&text, in->report, in->gate);
	any = text.len > 0;
	if (any) {
		strbuf_puts(out, "::error title=timerleak::");
		github_message(out, text.data);
		strbuf_puts(out, "\n");
	}
	out->failed |= text.failed;
	strbuf_free(&text);
	return any;
}

int emit_github(struct strbuf *out, const struct format_input *in)
{
	struct ci_results results;
	size_t i, shown, room = SHOWN_MAX + 1 - github_undrained(out, in);
	int failed = ci_results_make(&results, in->report, NULL);

	/* Nine and one that counts the others, or ten. */
	shown = results.count > room ? room - 1 : results.count;
	for (i = 0; !failed && i < shown; i++)
		github_command(out, &results.list[i]);
	if (!failed && shown < results.count)
		strbuf_printf(out, "::error title=timerleak::and %zu more sites leaked timers\n",
			      results.count - shown);
	if (!failed && !in->report->complete)
		strbuf_puts(out, "::warning title=timerleak::the data is incomplete: there may be "
				 "more leaks than are shown\n");
	ci_results_free(&results);
	return failed || out->failed ? -1 : 0;
}

/* ---- GitLab -------------------------------------------------------------------------------- */

static const char *severity(const struct entry *entry)
{
	return entry->verdict.kind == KIND_DEFINITE   ? "critical"
	       : entry->verdict.kind == KIND_POSSIBLE ? "major"
						      : "info";
}

static json_t *gitlab_issue(const struct ci_result *result)
{
	struct strbuf text = STRBUF_INIT;
	json_t *issue;

	ci_headline(&text, result->entry);
	strbuf_puts(&text, "; made in ");
	ci_frame_name(&text, stack_caller(result->entry->site->stack));
	strbuf_puts(&text, "; ");
	strbuf_puts(&text, result->entry->advice);
	issue =
	    text.failed
		? NULL
		: json_pack("{s:o, s:s+, s:s, s:s, s:{s:o, s:{s:i}}}", "description",
			    json_text(text.data), "check_name", "timerleak.",
			    verdict_class_name(result->entry->verdict.class), "fingerprint",
			    result->id, "severity", severity(result->entry), "location", "path",
			    json_text(result->place.path), "lines", "begin", result->place.line);
	strbuf_free(&text);
	return issue;
}

int emit_gitlab(struct strbuf *out, const struct format_input *in)
{
	/* It takes only names below the repository, which is where a job runs. */
	char here[PATH_MAX];
	const char *cut = !in->source_root && getcwd(here, sizeof(here)) ? here : NULL;
	struct ci_results results;
	struct json_stream s;
	size_t i;
	int failed = ci_results_make(&results, in->report, cut);

	json_stream_begin(&s, out, 2);
	json_stream_open(&s, NULL, '[');
	for (i = 0; !failed && !out->failed && i < results.count; i++)
		json_stream_put(&s, NULL, gitlab_issue(&results.list[i]));
	json_stream_close(&s, ']');
	json_stream_end(&s);
	ci_results_free(&results);
	return failed || out->failed ? -1 : 0;
}
