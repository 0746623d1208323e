/* SPDX-License-Identifier: MIT */
#include "emit_html.h"
#include "html.h"
#include "version.h"

#include <inttypes.h>

/* The policy forbids what the page does not need, should a name ever get out of its quotes. */
static void head(const struct html *html)
{
	const struct report_summary *sum = &html->report->summary;

	strbuf_puts(html->out,
		    "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
		    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'\">\n<meta name=viewport "
		    "content=\"width=device-width,initial-scale=1\">\n<meta name=color-scheme "
		    "content=\"light dark\">\n<title>");
	strbuf_printf(html->out, "timerleak: %" PRIu64 " timer%s leaked", sum->leaked,
		      sum->leaked == 1 ? "" : "s");
	strbuf_puts(html->out, "</title>\n<style>");
	strbuf_puts(html->out, html_style);
	strbuf_puts(html->out, "</style></head>\n<body><a class=skip href=\"#leaks\">"
			       "Skip to the leaks</a>\n");
}

int emit_html(struct strbuf *out, const struct report *report, const struct gate *gate,
	      const char *source_root)
{
	const struct html html = {out, report, gate, source_root};

	head(&html);
	html_summary(&html);
	strbuf_puts(out, "<main>\n");
	html_leaks(&html);
	html_icicles(&html);
	html_timeline(&html);
	html_others(&html);
	html_notes(&html);
	html_processes(&html);
	strbuf_puts(out,
		    "</main>\n<footer>timerleak " TIMERLEAK_VERSION "</footer></body></html>\n");
	return out->failed ? -1 : 0;
}
