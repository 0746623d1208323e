/* SPDX-License-Identifier: MIT */
#include "heap_caller.h"
#include "html.h"
#include "names.h"
#include "stack_user.h"
#include "util.h"

#include <inttypes.h>
#include <string.h>

#define OPEN_MAX 5 /* entries that are unfolded from the start */

static void where(struct strbuf *out, const struct merged_stack *stack)
{
	const struct frame *frame = stack_caller(stack);

	if (frame)
		html_frame(out, frame);
	else
		strbuf_puts(out, "<span class=soft>its stack was not recorded</span>");
}

static void stack_list(const struct html *html, const struct merged_stack *stack)
{
	const struct frame *user = stack_caller(stack);
	bool all = !user || !frame_is_user(user);
	size_t i;

	strbuf_puts(html->out, "<ol class=stack>");
	for (i = 0; i < stack->count; i++) {
		if (!all && !frame_is_user(stack->frames[i]))
			continue;
		strbuf_puts(html->out, "<li>");
		html_frame(html->out, stack->frames[i]);
		if (stack->frames[i]->inlined)
			strbuf_puts(html->out, " <span class=soft>(inlined)</span>");
		strbuf_puts(html->out, "</li>\n");
	}
	strbuf_puts(html->out, "</ol>\n");
	if (stack->flags & TL_STACK_CUT)
		strbuf_puts(html->out, "<p class=soft>Deeper frames were not recorded "
				       "(stack_depth).</p>\n");
	else if (stack->flags & TL_STACK_LOST)
		strbuf_puts(html->out, "<p class=soft>Who called that could not be found "
				       "out.</p>\n");
	else if (stack->flags & TL_STACK_PC_ONLY)
		strbuf_puts(html->out, "<p class=soft>The callers could not be unwound "
				       "there.</p>\n");
}

/* ---- one leak ----------------------------------------------------------------------------- */

static void states(struct strbuf *out, const struct entry *entry)
{
	static const char *const names[ARM_STATES] = {
	    [ARM_NEVER] = "never armed",
	    [ARM_ARMED] = "armed",
	    [ARM_EXPIRED] = "expired",
	    [ARM_DISARMED] = "disarmed",
	};
	const char *separator = "";
	size_t i;

	for (i = 0; i < ARM_STATES; i++) {
		if (!entry->states[i])
			continue;
		strbuf_printf(out, "%s%" PRIu64 " %s", separator, entry->states[i], names[i]);
		separator = ", ";
	}
}

static void ages(struct strbuf *out, const struct entry *entry)
{
	char min[HUMAN_SIZE], median[HUMAN_SIZE], max[HUMAN_SIZE];

	human_duration(min, entry->age_min);
	human_duration(max, entry->age_max);
	strbuf_printf(out, "; age %s", min);
	if (strcmp(min, max) != 0)
		strbuf_printf(out, " to %s, median %s", max,
			      human_duration(median, entry->age_median));
}

static void facts(struct strbuf *out, const struct entry *entry)
{
	char clock[CLOCK_NAME_SIZE];

	strbuf_puts(out, "<p class=soft>");
	states(out, entry);
	ages(out, entry);
	strbuf_printf(out, "; %s", clock_name(clock, entry->clock));
	if (entry->site->timer == TL_POSIX)
		strbuf_printf(out, ", notify %s", notify_name(entry->notify));
	if (entry->undrained)
		strbuf_printf(out, "; %" PRIu64 " undrained", entry->undrained);
	if (entry->baselined)
		strbuf_printf(out, "; %" PRIu64 " more %s in the baseline", entry->baselined,
			      entry->baselined == 1 ? "is" : "are");
	strbuf_printf(out, "; %" PRIu64 " created here, %" PRIu64 " stopped; fingerprint ",
		      entry->site->live + entry->site->stopped, entry->site->stopped);
	strbuf_printf(out, "<span class=mono>%s</span></p>\n", entry->site->fingerprint);
}

static void retained_at(const struct html *html, const struct heap_places *places)
{
	char bytes[HUMAN_SIZE];
	size_t i;

	if (!places->count)
		return;
	strbuf_puts(html->out, "<h3>What it retains was allocated</h3><ul>");
	for (i = 0; i < places->count; i++) {
		const struct merged_stack caller = heap_caller(places->list[i].stack);

		strbuf_puts(html->out, "<li>");
		strbuf_puts(html->out, human_bytes(bytes, places->list[i].bytes));
		strbuf_puts(html->out, places->list[i].estimated ? " (by samples) in " : " in ");
		where(html->out, &caller);
		strbuf_puts(html->out, "</li>\n");
	}
	strbuf_puts(html->out, "</ul>\n");
}

static void freed_by(const struct html *html, const struct entry *entry)
{
	struct merged_stack caller;

	if (!entry->freed_by)
		return;
	caller = heap_caller(entry->freed_by);
	strbuf_puts(html->out, "<h3>Freed by</h3>");
	stack_list(html, &caller);
	if (entry->freer_count > 1)
		strbuf_printf(html->out, "<p class=soft>... and at %zu other place%s</p>\n",
			      entry->freer_count - 1, entry->freer_count == 2 ? "" : "s");
}

static void details(const struct html *html, const struct entry *entry, size_t index)
{
	const struct frame *frame = stack_caller(entry->site->stack);

	strbuf_printf(html->out, "<details%s><summary>Stack and advice</summary>\n",
		      index < OPEN_MAX ? " open" : "");
	strbuf_puts(html->out, "<p class=advice>Advice: ");
	safe_xml(html->out, entry->advice);
	strbuf_puts(html->out, "</p>\n<h3>Created by</h3>");
	stack_list(html, entry->site->stack);
	if (frame)
		html_source(html, frame);
	freed_by(html, entry);
	if (entry->retained_bytes)
		retained_at(html, &entry->site->heap.retained);
	facts(html->out, entry);
	strbuf_puts(html->out, "</details>");
}

static const char *kind_style(enum verdict_kind kind)
{
	return kind == KIND_DEFINITE ? "bad" : kind == KIND_POSSIBLE ? "warn" : "plain";
}

static void verdict(struct strbuf *out, const struct entry *entry)
{
	strbuf_printf(out, "<span class=\"badge %s\">%s</span> %s", kind_style(entry->verdict.kind),
		      verdict_kind_name(entry->verdict.kind),
		      verdict_class_name(entry->verdict.class));
}

static void pids(const struct html *html, const struct entry *entry)
{
	size_t i;

	if (entry->pid_count == 1 && entry->pids[0] == html->report->main_pid)
		return;
	strbuf_puts(html->out, " <span class=soft>pid");
	for (i = 0; i < entry->pid_count && i < 4; i++)
		strbuf_printf(html->out, " %u", entry->pids[i]);
	if (i < entry->pid_count)
		strbuf_printf(html->out, " and %zu more", entry->pid_count - i);
	strbuf_puts(html->out, "</span>");
}

static void leak(const struct html *html, const struct entry *entry, size_t index)
{
	struct strbuf *out = html->out;
	char bytes[HUMAN_SIZE];

	strbuf_puts(out, "<tbody id=");
	html_anchor(out, index);
	strbuf_puts(out, "><tr class=head><td class=n><b>");
	html_number(out, entry_leaked(entry));
	strbuf_printf(out, "</b></td><td class=word>%s</td><td class=word>",
		      entry->site->timer == TL_POSIX ? "POSIX timer" : "timerfd");
	verdict(out, entry);
	strbuf_puts(out, "</td><td><span class=where>");
	where(out, entry->site->stack);
	strbuf_puts(out, "</span></td><td class=n>");
	strbuf_puts(out, entry->retained_bytes ? human_bytes(bytes, entry->retained_bytes) : "-");
	strbuf_puts(out, "</td></tr>\n<tr class=more><td></td><td colspan=4>");
	safe_xml(out, entry->evidence);
	pids(html, entry);
	details(html, entry, index);
	strbuf_puts(out, "</td></tr></tbody>\n");
}

/* ---- the tables --------------------------------------------------------------------------- */

static void more_rows(struct strbuf *out, size_t count)
{
	if (count > HTML_SITES_MAX)
		strbuf_printf(out,
			      "<p>The biggest %d are shown, %zu more are in the JSON report.</p>\n",
			      HTML_SITES_MAX, count - HTML_SITES_MAX);
}

static size_t leaked_entries(const struct report *report)
{
	size_t i;

	for (i = 0; i < report->entry_count && report->entries[i]->leaked; i++)
		;
	return i;
}

void html_leaks(const struct html *html)
{
	size_t i, count = leaked_entries(html->report);

	strbuf_puts(html->out, "<section aria-labelledby=leaks><h2 id=leaks>Leaked timers</h2>\n");
	if (!count) {
		strbuf_puts(html->out, "<p>None.</p></section>\n");
		return;
	}
	strbuf_puts(html->out, "<div class=scroll tabindex=0 role=region aria-labelledby=leaks>"
			       "<table><thead><tr><th scope=col class=n>Timers<th scope=col>Type"
			       "<th scope=col>Verdict<th scope=col>Created in"
			       "<th scope=col class=n>Retained</tr></thead>\n");
	for (i = 0; i < count && i < HTML_SITES_MAX; i++)
		leak(html, html->report->entries[i], i);
	strbuf_puts(html->out, "</table></div>\n");
	more_rows(html->out, count);
	strbuf_puts(html->out, "</section>\n");
}

static void other(const struct html *html, const struct entry *entry)
{
	struct strbuf *out = html->out;

	strbuf_puts(out, "<tr><td class=n>");
	html_number(out, entry->count);
	strbuf_printf(out, "</td><td class=word>%s</td><td class=word>",
		      entry->site->timer == TL_POSIX ? "POSIX timer" : "timerfd");
	verdict(out, entry);
	strbuf_puts(out, "</td><td>");
	where(out, entry->site->stack);
	strbuf_puts(out, "<br>");
	safe_xml(out, entry->evidence);
	pids(html, entry);
	if (entry->baselined)
		strbuf_puts(out, " <span class=soft>in the baseline</span>");
	if (entry->suppressed_by) {
		strbuf_puts(out, " <span class=soft>suppressed by <span class=mono>");
		safe_xml(out, entry->suppressed_by);
		strbuf_puts(out, "</span></span>");
	}
	strbuf_puts(out, "</td></tr>\n");
}

void html_others(const struct html *html)
{
	const struct report *report = html->report;
	size_t i, first = leaked_entries(report), count = report->entry_count - first;

	if (!count)
		return;
	strbuf_puts(html->out,
		    "<section aria-labelledby=others><h2 id=others>Not counted as leaked</h2>\n"
		    "<div class=scroll tabindex=0 role=region aria-labelledby=others><table><thead>"
		    "<tr><th scope=col class=n>Timers<th scope=col>Type<th scope=col>Verdict"
		    "<th scope=col>Created in, and why</tr></thead><tbody>\n");
	for (i = 0; i < count && i < HTML_SITES_MAX; i++)
		other(html, report->entries[first + i]);
	strbuf_puts(html->out, "</tbody></table></div>\n");
	more_rows(html->out, count);
	strbuf_puts(html->out, "</section>\n");
}
