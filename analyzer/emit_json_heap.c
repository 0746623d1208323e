/* SPDX-License-Identifier: MIT */
#include "emit_json_heap.h"
#include "emit_json_parts.h"
#include "util.h"

json_t *json_sample(const struct heap_summary *heap)
{
	return heap->sample ? json_integer((json_int_t)heap->sample) : json_null();
}

json_t *json_retained_at(const struct merged_site *site)
{
	const struct heap_places *places = &site->heap.retained;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < places->count; i++) {
		const struct heap_place *place = &places->list[i];

		json_push(&list, json_pack("{s:I, s:I, s:b, s:o}", "objects",
					   (json_int_t)heap_objects(place->objects), "bytes",
					   (json_int_t)place->bytes, "estimated", place->estimated,
					   "stack", json_stack(place->stack)));
	}
	return list;
}

void json_put_left_heap(struct json_stream *s, const struct report *report)
{
	static const struct merged_stack unknown = {.count = 0};
	size_t i;

	json_stream_open(s, "left_heap", '[');
	for (i = 0; i < report->left_heap_count; i++) {
		const struct merged_site *site = report->left_heap[i];
		const struct heap_places *left = &site->heap.left;

		json_stream_open(s, NULL, '{');
		json_stream_put_members(s, json_pack("{s:s, s:I, s:I}", "fingerprint",
						     site->fingerprint, "blocks",
						     (json_int_t)site->heap.left_blocks, "bytes",
						     (json_int_t)site->heap.left_bytes));
		json_stream_put_stack(s, "stack", site->stack);
		json_stream_put_stack(s, "allocated_at",
				      left->count ? left->list[0].stack : &unknown);
		json_stream_close(s, '}');
	}
	json_stream_close(s, ']');
}

static json_t *live_json(const struct heap_summary *heap, uint64_t value)
{
	return heap->live_images ? json_integer((json_int_t)value) : json_null();
}

json_t *json_heap(const struct heap_summary *heap)
{
	return json_pack("{s:s, s:o, s:I, s:o, s:o, s:s}", "mode", heap_summary_mode(heap),
			 "sample_bytes", json_sample(heap), "lost_blocks",
			 (json_int_t)heap->lost_blocks, "live_blocks",
			 live_json(heap, heap->live_blocks), "live_bytes",
			 live_json(heap, heap->live_bytes), "reach", heap_summary_reach(heap));
}
