/* SPDX-License-Identifier: MIT */
/*
 * emit_html.h - the report as one HTML file that needs no script, no network and no other file.
 */
#ifndef ANALYZER_EMIT_HTML_H
#define ANALYZER_EMIT_HTML_H

#include "gate.h"
#include "strbuf.h"

/* source_root: sources below it are quoted, no other file is read; NULL: none. 0, or -1 on lack of
 * memory. */
int emit_html(struct strbuf *out, const struct report *report, const struct gate *gate,
	      const char *source_root);

#endif
