/* SPDX-License-Identifier: MIT */
/*
 * emit_diff.h - a diff as a person reads it, and as JSON, schema timerleak-diff/1
 * (timerleak-diff-1.schema.json).
 */
#ifndef ANALYZER_EMIT_DIFF_H
#define ANALYZER_EMIT_DIFF_H

#include "diff.h"
#include "gate.h"
#include "strbuf.h"

struct diff_output {
	const struct diff *diff;
	const char *base, *now; /* names of the inputs */
	unsigned leak_kinds;
	const struct gate *gate;
};

/* 0, or -1 on lack of memory. */
int emit_diff_text(struct strbuf *out, const struct diff_output *in);
int emit_diff_json(struct strbuf *out, const struct diff_output *in);

/* The line for grep, with its end; before it what is undecided, and why the gate failed. */
void emit_diff_summary(struct strbuf *out, const struct diff_output *in);

#endif
