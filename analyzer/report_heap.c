/* SPDX-License-Identifier: MIT */
#include "report_heap.h"

#include <stdlib.h>

static int compare_left(const void *a, const void *b)
{
	const struct merged_site *x = *(const struct merged_site *const *)a;
	const struct merged_site *y = *(const struct merged_site *const *)b;

	if (x->heap.left_bytes != y->heap.left_bytes)
		return x->heap.left_bytes > y->heap.left_bytes ? -1 : 1;
	return x->ordinal < y->ordinal ? -1 : 1;
}

int report_collect_heap(struct report *report)
{
	size_t i, count = group_site_count(report->group);

	report->heap = heap_summary_of(report->images, report->image_count);
	report->left_heap = calloc(count + 1, sizeof(struct merged_site *));
	if (!report->left_heap)
		return -1;
	for (i = 0; i < count; i++) {
		const struct merged_site *site = group_site(report->group, i);

		if (site->heap.left_blocks)
			report->left_heap[report->left_heap_count++] = site;
	}
	if (report->left_heap_count)
		qsort(report->left_heap, report->left_heap_count, sizeof(struct merged_site *),
		      compare_left);
	return 0;
}
