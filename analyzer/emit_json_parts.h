/* SPDX-License-Identifier: MIT */
/*
 * emit_json_parts.h - the pieces of the JSON report that carry text of foreign origin: names,
 * stacks, processes. Each gives a new reference, NULL on lack of memory.
 */
#ifndef ANALYZER_EMIT_JSON_PARTS_H
#define ANALYZER_EMIT_JSON_PARTS_H

#include "group.h"
#include <jansson.h>

/* Bytes that are not UTF-8 become U+FFFD: paths and arguments may be anything. NULL is null. */
json_t *json_text(const char *text);

json_t *json_stack(const struct merged_stack *stack);
/* The site's live timers over time; NULL if the traces do not tell. */
json_t *json_timeline(const struct merged_site *site);

json_t *json_process(const struct image *image);

#endif
