/* SPDX-License-Identifier: MIT */
/*
 * emit_json.h - a report as JSON, schema timerleak/1 (timerleak-1.schema.json).
 */
#ifndef ANALYZER_EMIT_JSON_H
#define ANALYZER_EMIT_JSON_H

#include "gate.h"
#include "strbuf.h"

/* 0, or -1 on lack of memory. */
int emit_json(struct strbuf *out, const struct report *report, const struct gate *gate);

#endif
