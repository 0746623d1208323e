/* SPDX-License-Identifier: MIT */
#include "heap_profile.h"
#include "util.h"

#include <stdlib.h>

void heap_profile_free(struct heap_profile *profile)
{
	stack_index_free(profile->stacks);
	free(profile->rows);
	*profile = (struct heap_profile){0};
}

void heap_numbers_add(struct heap_numbers *sum, const struct heap_numbers *more)
{
	sum->live_objects = sum_capped(sum->live_objects, more->live_objects);
	sum->live_bytes = sum_capped(sum->live_bytes, more->live_bytes);
	sum->alloc_objects = sum_capped(sum->alloc_objects, more->alloc_objects);
	sum->alloc_bytes = sum_capped(sum->alloc_bytes, more->alloc_bytes);
}

int heap_numbers_compare(const struct heap_numbers *a, const struct heap_numbers *b)
{
	if (a->live_bytes != b->live_bytes)
		return a->live_bytes > b->live_bytes ? -1 : 1;
	if (a->alloc_bytes != b->alloc_bytes)
		return a->alloc_bytes > b->alloc_bytes ? -1 : 1;
	return 0;
}

static int add_stack(struct heap_profile *profile, const struct tl_heap_stack *heap)
{
	const struct heap_numbers n = {heap->live_objects, heap->live_bytes, heap->alloc_objects,
				       heap->alloc_bytes};
	const struct merged_stack *stack;

	/* What is kept for blocks without a stack is there from the start. */
	if (!n.live_objects && !n.live_bytes && !n.alloc_objects && !n.alloc_bytes)
		return 0;
	stack = stack_index_get(profile->stacks, heap->stack);
	if (!stack)
		return -1;
	/* The index has no other stacks: a new one is the next row. */
	if (stack->ordinal == profile->count) {
		if (!array_grow(&profile->rows, profile->count, &profile->capacity,
				sizeof(*profile->rows)))
			return -1;
		profile->rows[profile->count++] = (struct heap_row){.stack = stack};
	}
	heap_numbers_add(&profile->rows[stack->ordinal].n, &n);
	heap_numbers_add(&profile->total, &n);
	return 0;
}

static int add_stacks(struct heap_profile *profile, const struct image *image)
{
	size_t i;

	if (stack_index_begin(profile->stacks, image))
		return -1;
	for (i = 0; i < image->heap_stack_count; i++) {
		const struct tl_heap_stack *heap = image_heap_stack(image, (uint32_t)i);

		if (heap && add_stack(profile, heap))
			return -1;
	}
	return 0;
}

static int add_image(struct heap_profile *profile, const struct image *image)
{
	int result = image_load(image);

	if (!result && image->header.heap_mode != HEAP_OFF)
		result = add_stacks(profile, image);
	image_unload(image);
	return result;
}

static int compare_rows(const void *a, const void *b)
{
	const struct heap_row *x = a, *y = b;
	int order = heap_numbers_compare(&x->n, &y->n);

	if (order)
		return order;
	return x->stack->ordinal < y->stack->ordinal ? -1 : 1;
}

int heap_profile_build(struct heap_profile *profile, const struct image *const *images,
		       size_t count, struct symbolizer *sym)
{
	size_t i;

	*profile = (struct heap_profile){
	    .images = images,
	    .image_count = count,
	    .summary = heap_summary_of(images, count),
	    .sym = sym,
	    .stacks = stack_index_new(sym),
	    .complete = true,
	};
	if (!profile->stacks)
		return -1;
	for (i = 0; i < count; i++)
		if (add_image(profile, images[i]))
			return -1;
	for (i = 0; i < count; i++)
		profile->complete &= !image_incomplete(images[i]);
	if (profile->count)
		qsort(profile->rows, profile->count, sizeof(*profile->rows), compare_rows);
	return symbolizer_failed(sym) ? -1 : 0;
}
