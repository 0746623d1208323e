/* SPDX-License-Identifier: MIT */
#include "html.h"
#include "util.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(struct strbuf *out, const char *text)
{
	struct strbuf clean = STRBUF_INIT;
	size_t i, from = 0;

	strbuf_puts_safe(&clean, text);
	for (i = 0; i < clean.len; i++) {
		const char *escaped = entity(clean.data[i]);

		if (!escaped)
			continue;
		strbuf_add(out, clean.data + from, i - from);
		strbuf_puts(out, escaped);
		from = i + 1;
	}
	strbuf_add(out, clean.data ? clean.data + from : "", clean.len - from);
	out->failed |= clean.failed;
	strbuf_free(&clean);
}

void html_number(struct strbuf *out, uint64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, value), i;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			strbuf_puts(out, ",");
		strbuf_add(out, &digits[i], 1);
	}
}

static void frame_name(struct strbuf *out, const struct frame *frame)
{
	if (frame->function)
		html_text(out, frame->function);
	else if (frame->module)
		html_text(out, path_basename(frame->module));
	else
		strbuf_puts(out, "unknown code");
	if (!frame->function)
		strbuf_printf(out, "+0x%" PRIx64, frame->offset);
}

static void frame_place(struct strbuf *out, const struct frame *frame)
{
	if (frame->file) {
		html_text(out, frame->file);
		if (frame->line > 0)
			strbuf_printf(out, ":%d", frame->line);
	} else if (frame->module && frame->function) {
		html_text(out, path_basename(frame->module));
		strbuf_printf(out, "+0x%" PRIx64, frame->offset);
	}
}

void html_frame(struct strbuf *out, const struct frame *frame)
{
	strbuf_puts(out, "<b>");
	frame_name(out, frame);
	strbuf_puts(out, "</b> <span class=soft>");
	frame_place(out, frame);
	strbuf_puts(out, "</span>");
}

void html_anchor(struct strbuf *out, size_t entry)
{
	strbuf_printf(out, "site-%zu", entry + 1);
}
