/* SPDX-License-Identifier: MIT */
#include "html.h"
#include "util.h"

#include <inttypes.h>

struct tile {
	const char *name;
	uint64_t value;
	bool always;
};

static void tile(struct strbuf *out, const struct tile *tile, bool bad)
{
	if (!tile->always && !tile->value)
		return;
	strbuf_printf(out, "<li%s><b>", bad ? " class=big" : "");
	html_number(out, tile->value);
	strbuf_printf(out, "</b>%s</li>\n", tile->name);
}

static void tiles(const struct html *html)
{
	const struct report_summary *sum = &html->report->summary;
	const struct tile list[] = {
	    {"leaked", sum->leaked, true},
	    {"created", sum->created, true},
	    {"stopped", sum->stopped, true},
	    {"live", sum->live, true},
	    {"definite", sum->kinds[KIND_DEFINITE], false},
	    {"possible", sum->kinds[KIND_POSSIBLE], false},
	    {"held", sum->kinds[KIND_HELD], false},
	    {"undecided", sum->kinds[KIND_UNDECIDED], false},
	    {"suppressed", sum->suppressed, false},
	    {"baselined", sum->baselined, false},
	    {"undrained", sum->undrained, false},
	    {"inherited", sum->inherited, false},
	    {"untracked", sum->untracked, false},
	    {"hazards", sum->hazards, false},
	    {"lost", sum->lost_records + sum->lost_stacks, false},
	};
	char bytes[HUMAN_SIZE];
	size_t i;

	strbuf_puts(html->out, "<ul class=tiles>");
	for (i = 0; i < ARRAY_LEN(list); i++)
		tile(html->out, &list[i], i == 0 && sum->leaked);
	if (sum->retained_bytes)
		strbuf_printf(html->out, "<li><b>%s</b>retained</li>\n",
			      human_bytes(bytes, sum->retained_bytes));
	strbuf_puts(html->out, "</ul>\n");
}

static void gate(const struct html *html)
{
	const struct gate *gate = html->gate;
	struct strbuf *out = html->out;
	size_t i;

	if (gate->state == GATE_NONE)
		return;
	strbuf_printf(out, "<p><span class=\"badge %s\">gate %s</span> ",
		      gate->state == GATE_PASSED ? "good" : "bad",
		      gate->state == GATE_PASSED ? "passed" : "failed");
	for (i = 0; gate->reasons[i]; i++)
		strbuf_printf(out, "%s%s", i ? ", " : "", gate->reasons[i]);
	if (gate->limits.max_leaks >= 0)
		strbuf_printf(out, " <span class=soft>(at most %" PRId64 " leaked)</span>",
			      gate->limits.max_leaks);
	if (gate->limits.max_undrained >= 0)
		strbuf_printf(out, " <span class=soft>(at most %" PRId64 " undrained)</span>",
			      gate->limits.max_undrained);
	strbuf_puts(out, "</p>\n");
}

static void program(const struct html *html)
{
	const struct image *image = report_end_image(html->report);

	if (!image)
		return;
	strbuf_puts(html->out, "<p class=soft><span class=mono>");
	safe_xml(html->out, image->header.exe[0] ? image->header.exe : "(unknown program)");
	strbuf_printf(html->out, "</span>, process %u", image->header.pid);
	if (html->report->image_count > 1)
		strbuf_printf(html->out, " and %zu other process image%s",
			      html->report->image_count - 1,
			      html->report->image_count == 2 ? "" : "s");
	strbuf_puts(html->out, "</p>\n");
}

void html_summary(const struct html *html)
{
	const struct report_summary *sum = &html->report->summary;
	struct strbuf *out = html->out;

	strbuf_puts(out, "<header><h1>");
	html_number(out, sum->leaked);
	strbuf_printf(out, " timer%s leaked", sum->leaked == 1 ? "" : "s");
	if (sum->leaked) {
		strbuf_puts(out, " at ");
		html_number(out, sum->sites);
		strbuf_puts(out, sum->sites == 1 ? " site" : " sites");
	}
	strbuf_puts(out, "</h1>\n");
	program(html);
	if (!html->report->complete)
		strbuf_puts(out, "<p><span class=\"badge warn\">incomplete</span> Something is "
				 "missing in these data; the notes say what.</p>\n");
	gate(html);
	tiles(html);
	strbuf_puts(out, "</header>\n");
}
