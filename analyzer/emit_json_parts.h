/* SPDX-License-Identifier: MIT */
/*
 * emit_json_parts.h - the pieces of the JSON report that carry text of foreign origin: names,
 * stacks, processes. Each gives a new reference, NULL on lack of memory.
 */
#ifndef ANALYZER_EMIT_JSON_PARTS_H
#define ANALYZER_EMIT_JSON_PARTS_H

#include "group.h"
#include "strbuf.h"
#include <jansson.h>

/* Take both; once something is missing, *to is NULL and stays it: what holds it fails in turn. */
void json_push(json_t **list, json_t *value);
void json_put(json_t **object, const char *key, json_t *value);

/* The whole document and a newline; takes it. 0, or -1 on lack of memory: root may be NULL. */
int json_write(struct strbuf *out, json_t *root, size_t indent);

/* Bytes that are not UTF-8 become U+FFFD: paths and arguments may be anything. NULL is null. */
json_t *json_text(const char *text);

json_t *json_frame(const struct frame *frame);
json_t *json_stack(const struct merged_stack *stack);

json_t *json_process(const struct image *image);

#endif
