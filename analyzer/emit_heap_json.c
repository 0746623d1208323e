/* SPDX-License-Identifier: MIT */
#include "emit_heap.h"
#include "emit_json_heap.h"
#include "emit_json_stream.h"
#include "version.h"

static void put_row(struct json_stream *s, const struct heap_row *row)
{
	const struct heap_numbers *n = &row->n;

	json_stream_open(s, NULL, '{');
	json_stream_put_members(s,
				json_pack("{s:I, s:I, s:I, s:I}", "live_objects",
					  (json_int_t)heap_objects(n->live_objects), "live_bytes",
					  (json_int_t)n->live_bytes, "alloc_objects",
					  (json_int_t)heap_objects(n->alloc_objects), "alloc_bytes",
					  (json_int_t)n->alloc_bytes));
	json_stream_put_stack(s, "stack", row->stack);
	json_stream_close(s, '}');
}

static json_t *head_json(const struct heap_profile *profile)
{
	const struct heap_summary *summary = &profile->summary;

	return json_pack("{s:s, s:s, s:b, s:s, s:o, s:I}", "schema", "timerleak-heap/1", "version",
			 TIMERLEAK_VERSION, "complete", profile->complete, "mode",
			 heap_summary_mode(summary), "sample_bytes", json_sample(summary),
			 "lost_blocks", (json_int_t)summary->lost_blocks);
}

int emit_heap_json(struct strbuf *out, const struct heap_profile *profile)
{
	struct json_stream s;
	size_t i;

	json_stream_begin(&s, out, 2);
	json_stream_open(&s, NULL, '{');
	json_stream_put_members(&s, head_json(profile));
	json_stream_open(&s, "stacks", '[');
	for (i = 0; i < profile->count && !out->failed; i++)
		put_row(&s, &profile->rows[i]);
	json_stream_close(&s, ']');
	json_stream_close(&s, '}');
	json_stream_end(&s);
	return out->failed ? -1 : 0;
}
