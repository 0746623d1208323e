/* SPDX-License-Identifier: MIT */
#include "explain.h"
#include "heap_caller.h"
#include "html.h"
#include "stack_user.h"
#include "util.h"

#include <inttypes.h>
#include <string.h>

static void made_in(struct strbuf *out, const struct merged_stack *stack)
{
	const struct frame *frame = stack_caller(stack);

	if (!frame)
		return;
	strbuf_puts(out, "; made in ");
	html_frame(out, frame);
}

static void hazards(const struct html *html)
{
	size_t i;

	for (i = 0; i < html->report->hazard_count; i++) {
		const struct report_hazard *hazard = &html->report->hazards[i];

		strbuf_printf(
		    html->out, "<li><span class=\"badge warn\">%s</span> %" PRIu64 " time%s: ",
		    hazard_name(hazard->hazard), hazard->count, hazard->count == 1 ? "" : "s");
		safe_xml(html->out, explain_hazard(hazard->hazard));
		if (hazard->site)
			made_in(html->out, hazard->site->stack);
		strbuf_puts(html->out, "</li>\n");
	}
}

static void left_heap(const struct html *html)
{
	char bytes[HUMAN_SIZE];
	size_t i;

	for (i = 0; i < html->report->left_heap_count; i++) {
		const struct merged_site *site = html->report->left_heap[i];
		uint64_t blocks = site->heap.left_blocks;

		strbuf_printf(html->out,
			      "<li><span class=\"badge warn\">left heap</span> %" PRIu64
			      " block%s, %s, payload%s of stopped timers that nothing leads to",
			      blocks, blocks == 1 ? "" : "s",
			      human_bytes(bytes, site->heap.left_bytes), blocks == 1 ? "" : "s");
		made_in(html->out, site->stack);
		strbuf_puts(html->out, "</li>\n");
	}
}

static const char *whose_rule(const struct suppressions *rules, size_t i, bool is_default)
{
	size_t line, sites;

	if (!is_default)
		return "";
	return strcmp(suppressions_origin(rules, i, &line, &sites), SUPPRESSIONS_OWN) == 0
		   ? "the program's own rule "
		   : "the shipped rule ";
}

static void suppressed(const struct html *html)
{
	const struct suppressions *rules = html->report->suppressions;
	size_t i, count = rules ? suppressions_count(rules) : 0;

	for (i = 0; i < count; i++) {
		uint64_t hits;
		bool is_default;
		const char *rule = suppressions_rule(rules, i, &hits, &is_default);

		if (!hits)
			continue;
		strbuf_printf(html->out, "<li>%" PRIu64 " timer%s suppressed by %s<code>", hits,
			      hits == 1 ? "" : "s", whose_rule(rules, i, is_default));
		safe_xml(html->out, rule);
		strbuf_puts(html->out, "</code></li>\n");
	}
}

static void warnings(const struct html *html)
{
	size_t i;

	for (i = 0; i < html->report->warning_count; i++) {
		strbuf_puts(html->out, "<li>");
		safe_xml(html->out, html->report->warnings[i]);
		strbuf_puts(html->out, "</li>\n");
	}
}

void html_notes(const struct html *html)
{
	struct strbuf *out = html->out, list = STRBUF_INIT;
	struct html part = *html;

	part.out = &list;
	hazards(&part);
	left_heap(&part);
	suppressed(&part);
	warnings(&part);
	if (list.len)
		strbuf_printf(out,
			      "<section aria-labelledby=notes><h2 id=notes>Hazards and "
			      "notes</h2>\n<ul>%s</ul></section>\n",
			      list.data);
	out->failed |= list.failed;
	strbuf_free(&list);
}
