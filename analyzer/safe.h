/* SPDX-License-Identifier: MIT */
/*
 * safe.h - text of foreign origin in each kind of output, so that it is data there and nothing
 * else: no format writes a name in another way. For a terminal, and for plain text at all, there is
 * strbuf_puts_safe(); it is what these begin with where the reader is a person.
 */
#ifndef ANALYZER_SAFE_H
#define ANALYZER_SAFE_H

#include "strbuf.h"

/* Bytes that are no UTF-8 become U+FFFD, all else stays: for strings of JSON and protobuf. */
void safe_utf8(struct strbuf *out, const char *text);

/* A whole JSON document, as a serializer wrote it: what a terminal would obey becomes \uNNNN, so
 * its meaning stays. */
void safe_json(struct strbuf *out, const char *document);

/* As content or quoted attribute of XML 1.0 and HTML. Not for what is inside <script>. */
void safe_xml(struct strbuf *out, const char *text);

/* In a workflow command of GitHub, "::error file=PROPERTY::MESSAGE". */
void safe_workflow_message(struct strbuf *out, const char *text);
void safe_workflow_property(struct strbuf *out, const char *text);

/* To stderr. What the arguments bring in is made safe: only a newline at the end of the format ends
 * a line. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
