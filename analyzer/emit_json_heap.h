/* SPDX-License-Identifier: MIT */
/*
 * emit_json_heap.h - what the JSON report says of the heap. Each gives a new reference, NULL on
 * lack of memory.
 */
#ifndef ANALYZER_EMIT_JSON_HEAP_H
#define ANALYZER_EMIT_JSON_HEAP_H

#include "emit_json_stream.h"
#include "report.h"

json_t *json_retained_at(const struct merged_site *site);
/* The list of that name. */
void json_put_left_heap(struct json_stream *s, const struct report *report);
json_t *json_heap(const struct heap_summary *heap);

/* The mean bytes between samples; null where there is none, or not one. */
json_t *json_sample(const struct heap_summary *heap);

#endif
