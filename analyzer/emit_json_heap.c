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

json_t *json_left_heap(const struct report *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->left_heap_count; i++) {
		const struct merged_site *site = report->left_heap[i];
		const struct heap_places *left = &site->heap.left;

		json_push(&list,
			  json_pack("{s:s, s:I, s:I, s:o, s:o}", "fingerprint", site->fingerprint,
				    "blocks", (json_int_t)site->heap.left_blocks, "bytes",
				    (json_int_t)site->heap.left_bytes, "stack",
				    json_stack(site->stack), "allocated_at",
				    left->count ? json_stack(left->list[0].stack) : json_array()));
	}
	return list;
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
