/* SPDX-License-Identifier: MIT */
/*
 * html.h - pieces of the HTML report. All text that comes from a trace, from debug information or
 * from a source file goes through safe_xml() of safe.h.
 */
#ifndef ANALYZER_HTML_H
#define ANALYZER_HTML_H

#include "gate.h"
#include "safe.h"

struct html {
	struct strbuf *out;
	const struct report *report;
	const struct gate *gate;
	const char *source_root; /* where source files are looked for; NULL: nowhere */
};

#define HTML_SITES_MAX 500 /* entries shown in a table: the JSON report has all of them */

extern const char html_style[];

void html_number(struct strbuf *out, uint64_t value);		/* 1,234,567 */
void html_frame(struct strbuf *out, const struct frame *frame); /* name and place */

/* "site-3": what an entry is called in links. */
void html_anchor(struct strbuf *out, size_t entry);

/* An element of its own each, nothing where there is nothing to show. */
void html_summary(const struct html *html);
void html_leaks(const struct html *html);
void html_icicles(const struct html *html);
void html_timeline(const struct html *html);
void html_others(const struct html *html);
void html_notes(const struct html *html);
void html_processes(const struct html *html);

/* The lines around one of a source file, if it lies below the root, is not hidden there and can be
 * read. */
void html_source(const struct html *html, const struct frame *frame);

#endif
