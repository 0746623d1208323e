/* SPDX-License-Identifier: MIT */
/*
 * text_parts.h - lines and pieces of the text report.
 */
#ifndef ANALYZER_TEXT_PARTS_H
#define ANALYZER_TEXT_PARTS_H

#include "frame_cache.h"
#include "gate.h"
#include "strbuf.h"

struct text {
	struct strbuf *out;
	const struct report *report;
	bool colored;
	struct tally *rules;	    /* those that were printed; only for leaks */
	struct frame_cache *frames; /* their lines; only for stacks */
};

enum text_style { STYLE_BAD, STYLE_GOOD, STYLE_STRONG, STYLE_FAINT };

void text_begin(const struct text *text); /* the prefix of a line */
void text_blank(const struct text *text);
void text_styled(const struct text *text, enum text_style style, const char *words);

/* "1 POSIX timer", "12 timerfds" */
void text_timers(struct strbuf *out, uint32_t timer, uint64_t count);

/* The user's frames, one a line; all of them if none is the user's. */
void text_stack(const struct text *text, const struct merged_stack *stack);

/* "main app.c:12", without colour. */
void text_frame(struct strbuf *out, const struct frame *frame);

/* The innermost frame of the user, for one-line entries: "main app.c:12". */
void text_where(struct strbuf *out, const struct merged_stack *stack);

/* " [pid 12]" if it was not, or not only, the main process. */
void text_pids(const struct text *text, const struct entry *entry);

/* A rule for it, on a line without prefix: to be copied, or found by grep ^stack: Each only once,
 * with a remark if it covers more than this. */
void text_suppression(const struct text *text, const struct entry *entry);

void text_table(const struct text *text);
void text_gate(const struct text *text, const struct gate *gate);
void text_summary_line(const struct text *text);

#endif
