/* SPDX-License-Identifier: MIT */
/*
 * emit_heap.h - a heap profile as text, a table and a tree; and as JSON, schema timerleak-heap/1.
 *
 * Each gives 0, or -1 on lack of memory.
 */
#ifndef ANALYZER_EMIT_HEAP_H
#define ANALYZER_EMIT_HEAP_H

#include "heap_profile.h"
#include "strbuf.h"

int emit_heap_text(struct strbuf *out, const struct heap_profile *profile);
int emit_heap_json(struct strbuf *out, const struct heap_profile *profile);

#endif
