/* SPDX-License-Identifier: MIT */
#include "site_heap.h"
#include "util.h"

#include <stdlib.h>

static struct heap_place *place_of(struct heap_places *places, const struct merged_stack *stack)
{
	size_t i;

	for (i = 0; i < places->count; i++)
		if (places->list[i].stack == stack)
			return &places->list[i];
	if (!array_grow(&places->list, places->count, &places->capacity, sizeof(*places->list)))
		return NULL;
	places->list[places->count] = (struct heap_place){.stack = stack};
	return &places->list[places->count++];
}

static int add_place(struct heap_places *places, struct stack_index *stacks,
		     const struct image *image, const struct tl_retained *retained)
{
	const struct tl_heap_stack *heap = image_heap_stack(image, retained->heap);
	const struct merged_stack *stack;
	struct heap_place *place;

	if (!heap || retained->bytes == 0)
		return 0;
	stack = stack_index_get(stacks, heap->stack);
	place = stack ? place_of(places, stack) : NULL;
	if (!place)
		return -1;
	place->objects = sum_capped(place->objects, retained->objects);
	place->bytes = sum_capped(place->bytes, retained->bytes);
	place->estimated |= image->header.heap_mode != HEAP_FULL;
	return 0;
}

int site_heap_add(struct site_heap *heap, struct stack_index *stacks, const struct image *image,
		  const struct tl_site *site)
{
	uint32_t evidence = image->header.evidence;
	size_t i;

	if (!(evidence & (TL_EV_REACH | TL_EV_REACH_CUT)))
		return 0;
	for (i = 0; i < TL_RETAINED_AT; i++)
		if (add_place(&heap->retained, stacks, image, &site->retained_at[i]))
			return -1;
	/* After a cut nothing is said to be out of reach. */
	if (!(evidence & TL_EV_REACH) || site->left_blocks == 0)
		return 0;
	heap->left_blocks = sum_capped(heap->left_blocks, site->left_blocks);
	heap->left_bytes = sum_capped(heap->left_bytes, site->left_bytes);
	return add_place(&heap->left, stacks, image, &site->left_at);
}

/* ---- the end ------------------------------------------------------------------------------ */

static int compare_places(const void *a, const void *b)
{
	const struct heap_place *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->stack->ordinal < y->stack->ordinal ? -1 : 1;
}

static void places_finish(struct heap_places *places, size_t most)
{
	if (places->count)
		qsort(places->list, places->count, sizeof(*places->list), compare_places);
	if (places->count > most)
		places->count = most;
}

void site_heap_finish(struct site_heap *heap)
{
	places_finish(&heap->retained, TL_RETAINED_AT);
	places_finish(&heap->left, 1);
}

void site_heap_free(struct site_heap *heap)
{
	free(heap->retained.list);
	free(heap->left.list);
}
