/* SPDX-License-Identifier: MIT */
#include "emit_heap.h"
#include "emit_json_heap.h"
#include "emit_json_parts.h"
#include "version.h"

static json_t *row_json(const struct heap_row *row)
{
	const struct heap_numbers *n = &row->n;

	return json_pack("{s:I, s:I, s:I, s:I, s:o}", "live_objects",
			 (json_int_t)heap_objects(n->live_objects), "live_bytes",
			 (json_int_t)n->live_bytes, "alloc_objects",
			 (json_int_t)heap_objects(n->alloc_objects), "alloc_bytes",
			 (json_int_t)n->alloc_bytes, "stack", json_stack(row->stack));
}

static json_t *stacks_json(const struct heap_profile *profile)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < profile->count; i++)
		json_push(&list, row_json(&profile->rows[i]));
	return list;
}

int emit_heap_json(struct strbuf *out, const struct heap_profile *profile)
{
	const struct heap_summary *summary = &profile->summary;
	json_t *root = json_pack("{s:s, s:s, s:s, s:o, s:I, s:o}", "schema", "timerleak-heap/1",
				 "version", TIMERLEAK_VERSION, "mode", heap_summary_mode(summary),
				 "sample_bytes", json_sample(summary), "lost_blocks",
				 (json_int_t)summary->lost_blocks, "stacks", stacks_json(profile));

	return json_write(out, root, 2);
}
