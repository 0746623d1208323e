/* SPDX-License-Identifier: MIT */
#include "html.h"
#include "util.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
		safe_xml(out, frame->function);
	else if (frame->module)
		safe_xml(out, path_basename(frame->module));
	else
		strbuf_puts(out, "unknown code");
	if (!frame->function)
		strbuf_printf(out, "+0x%" PRIx64, frame->offset);
}

static void frame_place(struct strbuf *out, const struct frame *frame)
{
	if (frame->file) {
		safe_xml(out, frame->file);
		if (frame->line > 0)
			strbuf_printf(out, ":%d", frame->line);
	} else if (frame->module && frame->function) {
		safe_xml(out, path_basename(frame->module));
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
