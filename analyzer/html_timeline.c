/* SPDX-License-Identifier: MIT */
/* Live timers over the run, a line for each of the biggest leaked sites. */
#include "html.h"
#include "stack_user.h"
#include "util.h"

#include <inttypes.h>

#define LINES_MAX 6	 /* as many as html_style has strokes for */
#define HEIGHT	  160	 /* pixels of the plot */
#define WIDE	  1000.0 /* its inner coordinates, stretched to the page */
#define HIGH	  100.0

struct chart {
	const struct html *html;
	const struct merged_site *sites[LINES_MAX];
	struct timeline lines[LINES_MAX]; /* of each */
	size_t entries[LINES_MAX];	  /* what each leads to */
	size_t count;
	uint64_t from, to; /* ns since 1970 */
	uint64_t most;
};

static uint64_t begin_of(const struct timeline *line)
{
	return line->first << line->shift;
}

static uint64_t end_of(const struct timeline *line)
{
	return (line->first + line->count) << line->shift;
}

static uint64_t most_in(const struct timeline *line, size_t i)
{
	return line->high[i] > line->live[i] ? line->high[i] : line->live[i];
}

static uint64_t most_of(const struct timeline *line)
{
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < line->count; i++)
		if (most_in(line, i) > most)
			most = most_in(line, i);
	return most;
}

static bool is_new(const struct chart *chart, const struct merged_site *site)
{
	size_t i;

	for (i = 0; i < chart->count; i++)
		if (chart->sites[i] == site)
			return false;
	return true;
}

static void take(struct chart *chart, const struct merged_site *site, size_t entry)
{
	struct timeline *line = &chart->lines[chart->count];

	if (!timeline_sum_get(&site->timeline, line))
		return;
	if (!chart->count || begin_of(line) < chart->from)
		chart->from = begin_of(line);
	if (end_of(line) > chart->to)
		chart->to = end_of(line);
	if (most_of(line) > chart->most)
		chart->most = most_of(line);
	chart->entries[chart->count] = entry;
	chart->sites[chart->count++] = site;
}

static void choose(struct chart *chart)
{
	const struct report *report = chart->html->report;
	size_t i;

	for (i = 0; i < report->entry_count && i < HTML_SITES_MAX; i++) {
		const struct entry *entry = report->entries[i];

		if (!entry->leaked || chart->count == LINES_MAX)
			return;
		if (is_new(chart, entry->site))
			take(chart, entry->site, i);
	}
}

/* ---- drawing ------------------------------------------------------------------------------ */

static double across(const struct chart *chart, uint64_t time)
{
	return WIDE * (double)(time - chart->from) / (double)(chart->to - chart->from);
}

static double down(const struct chart *chart, uint64_t live)
{
	return HIGH - HIGH * (double)live / (double)chart->most;
}

/* Steps: a count holds until it changes. */
static void draw_line(const struct chart *chart, size_t which)
{
	const struct timeline *line = &chart->lines[which];
	struct strbuf *out = chart->html->out;
	uint64_t step = UINT64_C(1) << line->shift, at = begin_of(line);
	size_t i;

	strbuf_printf(out, "<polyline class=s%zu vector-effect=non-scaling-stroke points=\"%.1f,%g",
		      which, across(chart, at), HIGH);
	for (i = 0; i < line->count; i++, at += step)
		strbuf_printf(out, " %.1f,%.2f %.1f,%.2f", across(chart, at),
			      down(chart, most_in(line, i)), across(chart, at + step),
			      down(chart, most_in(line, i)));
	strbuf_puts(out, "\"/>\n");
}

static void draw_axes(const struct chart *chart)
{
	struct strbuf *out = chart->html->out;
	char span[HUMAN_SIZE];

	strbuf_puts(out, "<text x=0 y=12>");
	html_number(out, chart->most);
	strbuf_printf(out,
		      "</text><text x=0 y=%d>0 s</text><text x=\"100%%\" y=%d "
		      "text-anchor=end>%s</text>\n",
		      HEIGHT + 34, HEIGHT + 34, human_duration(span, chart->to - chart->from));
}

static void draw(const struct chart *chart)
{
	struct strbuf *out = chart->html->out;
	size_t i;

	strbuf_printf(out,
		      "<svg class=chart role=img aria-label=\"Live timers over time; the list "
		      "below has the numbers\" height=%d>\n",
		      HEIGHT + 40);
	draw_axes(chart);
	strbuf_printf(
	    out,
	    "<svg y=18 width=\"100%%\" height=%d viewBox=\"0 -1 %g %g\" "
	    "preserveAspectRatio=none>\n<path class=axis vector-effect=non-scaling-stroke "
	    "d=\"M0 0H%g M0 50H%g M0 100H%g\"/>\n",
	    HEIGHT, WIDE, HIGH + 2, WIDE, WIDE, WIDE);
	for (i = chart->count; i-- > 0;)
		draw_line(chart, i);
	strbuf_puts(out, "</svg></svg>\n");
}

static void key(const struct chart *chart, size_t which)
{
	const struct merged_site *site = chart->sites[which];
	const struct timeline *line = &chart->lines[which];
	const struct frame *frame = stack_caller(site->stack);
	struct strbuf *out = chart->html->out;

	strbuf_printf(out,
		      "<li><svg aria-hidden=true viewBox=\"0 0 26 10\"><polyline class=s%zu "
		      "points=\"0,5 26,5\"/></svg> <a href=\"#",
		      which);
	html_anchor(out, chart->entries[which]);
	strbuf_puts(out, "\">");
	if (frame && frame->function)
		safe_xml(out, frame->function);
	else
		strbuf_puts(out, "nameless site");
	strbuf_puts(out, "</a>: ");
	html_number(out, most_of(line));
	strbuf_puts(out, " at most, ");
	html_number(out, line->live[line->count - 1]);
	strbuf_puts(out, " at the end</li>\n");
}

void html_timeline(const struct html *html)
{
	struct chart chart = {.html = html};
	struct strbuf *out = html->out;
	size_t i;

	choose(&chart);
	if (!chart.count || !chart.most)
		return;
	strbuf_printf(out,
		      "<section aria-labelledby=timeline><h2 id=timeline>Live timers over "
		      "time</h2>\n<p class=soft>The most in each interval%s.</p>\n",
		      chart.count == LINES_MAX ? ", of the six biggest sites" : "");
	draw(&chart);
	strbuf_puts(out, "<ul class=key>");
	for (i = 0; i < chart.count; i++)
		key(&chart, i);
	strbuf_puts(out, "</ul></section>\n");
}
