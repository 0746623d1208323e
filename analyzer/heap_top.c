/* SPDX-License-Identifier: MIT */
#include "heap_top.h"
#include "heap_caller.h"

#include <stdlib.h>

void heap_top_free(struct heap_top *top)
{
	free(top->rows);
	*top = (struct heap_top){0};
}

static int compare_places(const void *a, const void *b)
{
	const struct heap_top_row *x = a, *y = b;

	return heap_frame_compare(x->frame, y->frame);
}

static int compare_sizes(const void *a, const void *b)
{
	const struct heap_top_row *x = a, *y = b;
	int order = heap_numbers_compare(&x->n, &y->n);

	return order ? order : heap_frame_compare(x->frame, y->frame);
}

/* Of sorted rows: those of one place become one. */
static size_t merge_rows(struct heap_top_row *rows, size_t count)
{
	size_t i, kept = 0;

	for (i = 1; i < count; i++) {
		if (compare_places(&rows[i], &rows[kept]) == 0)
			heap_numbers_add(&rows[kept].n, &rows[i].n);
		else
			rows[++kept] = rows[i];
	}
	return kept + 1;
}

int heap_top_build(struct heap_top *top, const struct heap_profile *profile)
{
	size_t i;

	*top = (struct heap_top){.rows = calloc(profile->count + 1, sizeof(*top->rows))};
	if (!top->rows)
		return -1;
	if (profile->count == 0)
		return 0;
	for (i = 0; i < profile->count; i++)
		top->rows[i] = (struct heap_top_row){heap_caller_frame(profile->rows[i].stack),
						     profile->rows[i].n};
	qsort(top->rows, profile->count, sizeof(*top->rows), compare_places);
	top->count = merge_rows(top->rows, profile->count);
	qsort(top->rows, top->count, sizeof(*top->rows), compare_sizes);
	return 0;
}
