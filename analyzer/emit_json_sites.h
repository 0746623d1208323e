/* SPDX-License-Identifier: MIT */
/*
 * emit_json_sites.h - the sites of the JSON report. They are most of it: they are written as they
 * come, and of what each has no value is made.
 */
#ifndef ANALYZER_EMIT_JSON_SITES_H
#define ANALYZER_EMIT_JSON_SITES_H

#include "emit_json_stream.h"
#include "report.h"

void json_put_sites(struct json_stream *s, const struct report *report);

#endif
