/* SPDX-License-Identifier: MIT */
/*
 * emit_text.h - the report as a person reads it.
 *
 * Names of foreign origin are made safe for a terminal. Lines begin with ==PID== of the main
 * process, but for the last one: "SUMMARY: timerleak: ...", made for grep.
 */
#ifndef ANALYZER_EMIT_TEXT_H
#define ANALYZER_EMIT_TEXT_H

#include "gate.h"
#include "strbuf.h"

/* 0, or -1 on lack of memory. */
int emit_text(struct strbuf *out, const struct report *report, const struct gate *gate,
	      bool colored);

/* What is left of it where the report itself goes to files: why the gate failed, if it did, and
 * the SUMMARY line. */
int emit_text_summary(struct strbuf *out, const struct report *report, const struct gate *gate,
		      bool colored);

#endif
