/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_MAX 200 /* processes shown: a build has thousands */

static void limit(struct strbuf *out, const struct tl_header *header, const char *what,
		  uint64_t used, uint64_t max)
{
	if (!(header->flags & TL_HDR_LIMITS)) {
		strbuf_puts(out, "<td class=soft>not looked at</td>");
		return;
	}
	if (max > INT64_MAX) {
		strbuf_printf(out, "<td>%" PRIu64 " of no limit</td>", used);
		return;
	}
	strbuf_printf(out,
		      "<td><meter min=0 max=%" PRIu64 " high=%" PRIu64 " value=%" PRIu64
		      " aria-label=\"%s\"></meter> %" PRIu64 " of %" PRIu64 "</td>",
		      max ? max : 1, max / 10 * 8, used, what, used, max);
}

static void argv_text(struct strbuf *out, const struct tl_header *header)
{
	const char *p = header->argv, *end = header->argv + header->argv_len;

	while (p < end) {
		strbuf_puts(out, p == header->argv ? "" : " ");
		safe_xml(out, p);
		p += strnlen(p, (size_t)(end - p)) + 1;
	}
}

static void ended(struct strbuf *out, const struct image *image)
{
	const struct tl_header *header = &image->header;

	strbuf_puts(out, report_ended(image));
	if (!image->alive && image_ended_by_itself(image))
		strbuf_printf(out, ", status %d", header->end_status);
	else if (!image->alive && header->end_state == TL_END_SIGNAL)
		strbuf_printf(out, " %d", header->end_status);
}

static void process(struct strbuf *out, const struct image *image)
{
	const struct tl_header *header = &image->header;

	strbuf_printf(out, "<tr><td class=n>%u</td><td class=n>%u</td><td class=mono>", header->pid,
		      header->ppid);
	argv_text(out, header);
	strbuf_puts(out, "</td><td>");
	ended(out, image);
	strbuf_puts(out, "</td>");
	limit(out, header, "pending signals and timers", header->sigpending_used,
	      header->sigpending_max);
	limit(out, header, "open descriptors", header->nofile_used, header->nofile_max);
	strbuf_puts(out, "</tr>\n");
}

void html_processes(const struct html *html)
{
	const struct report *report = html->report;
	struct strbuf *out = html->out;
	size_t i;

	strbuf_puts(out,
		    "<section aria-labelledby=processes><h2 id=processes>Processes and limits</h2>"
		    "\n<div class=scroll tabindex=0 role=region aria-labelledby=processes><table>"
		    "<thead><tr><th scope=col class=n>Pid<th scope=col class=n>Parent<th scope=col>"
		    "Command<th scope=col>Ended<th scope=col>SIGPENDING<th scope=col>NOFILE</tr>"
		    "</thead><tbody>\n");
	for (i = 0; i < report->image_count && i < ROWS_MAX; i++)
		process(out, report->images[i]);
	strbuf_puts(out, "</tbody></table></div>\n");
	if (i < report->image_count)
		strbuf_printf(out, "<p>%zu more process images are in the JSON report.</p>\n",
			      report->image_count - i);
	strbuf_puts(out, "</section>\n");
}
