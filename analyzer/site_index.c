/* SPDX-License-Identifier: MIT */
#include "site_index.h"
#include "util.h"
#include "util_pool.h"

#include <stdlib.h>
#include <string.h>

/* TL_POSIX and TL_TIMERFD: a stack may have a site of each. */
#define TIMER_KINDS 2

struct site_index {
	struct stack_index *stacks;
	struct pool pool;	       /* of the sites */
	struct merged_site **by_stack; /* by ordinal of the stack and kind; NULL: no such site */
	size_t by_stack_count;
	struct merged_site **order;
	size_t count, capacity;
	struct merged_site **sites; /* of the current image: merged site of each site */
};

struct site_index *site_index_new(struct stack_index *stacks)
{
	struct site_index *index = calloc(1, sizeof(*index));

	if (index)
		index->stacks = stacks;
	return index;
}

void site_index_free(struct site_index *index)
{
	size_t i;

	if (!index)
		return;
	for (i = 0; i < index->count; i++) {
		site_heap_free(&index->order[i]->heap);
		timeline_sum_free(&index->order[i]->timeline);
	}
	pool_free(&index->pool);
	free(index->by_stack);
	free(index->order);
	free(index->sites);
	free(index);
}

size_t site_index_count(const struct site_index *index)
{
	return index->count;
}

struct merged_site *site_index_site(const struct site_index *index, size_t i)
{
	return index->order[i];
}

/* ---- look-up ------------------------------------------------------------------------------ */

/* NULL on lack of memory. */
static struct merged_site **place_of(struct site_index *index, size_t stack, uint32_t timer)
{
	size_t at = TIMER_KINDS * stack, room = index->by_stack_count, old = room;

	while (at + TIMER_KINDS > room)
		if (!array_grow(&index->by_stack, room, &room, sizeof(struct merged_site *)))
			return NULL;
	memset(index->by_stack + old, 0, (room - old) * sizeof(struct merged_site *));
	index->by_stack_count = room;
	return &index->by_stack[at + timer];
}

static struct merged_site *add(struct site_index *index, uint32_t timer,
			       const struct merged_stack *stack)
{
	struct merged_site *site = pool_take(&index->pool, sizeof(*site));

	if (!site || !array_grow(&index->order, index->count, &index->capacity,
				 sizeof(struct merged_site *)))
		return NULL;
	site->timer = timer;
	site->stack = stack;
	site->ordinal = index->count;
	fingerprint_make(site->fingerprint, timer, stack->frames, stack->count);
	index->order[index->count++] = site;
	return site;
}

static struct merged_site *site_get(struct site_index *index, uint32_t timer, uint32_t stack_number)
{
	const struct merged_stack *stack = stack_index_get(index->stacks, stack_number);
	struct merged_site **place = stack ? place_of(index, stack->ordinal, timer) : NULL;

	if (place && !*place)
		*place = add(index, timer, stack);
	return place ? *place : NULL;
}

struct merged_site *site_index_of_timer(struct site_index *index, const struct image *image,
					const struct timer *timer)
{
	const struct tl_site *site = image_site(image, timer->site);

	if (site && site->kind == timer->kind)
		return index->sites[timer->site];
	return site_get(index, timer->kind, TL_NONE);
}

/* ---- one image ---------------------------------------------------------------------------- */

static int add_site(struct site_index *index, const struct image *image, const struct tl_site *site,
		    struct merged_site **merged)
{
	size_t i;

	*merged = site_get(index, site->kind, site->stack);
	if (!*merged)
		return -1;
	(*merged)->stopped += site->stopped;
	for (i = 0; i < TL_HAZARDS; i++)
		(*merged)->hazards[i] += site->hazards[i];
	if (timeline_sum_add(&(*merged)->timeline, image, site))
		return -1;
	return site_heap_add(&(*merged)->heap, index->stacks, image, site);
}

int site_index_add(struct site_index *index, const struct image *image)
{
	size_t i;

	if (stack_index_begin(index->stacks, image))
		return -1;
	free(index->sites);
	index->sites = calloc(image->site_count + 1, sizeof(struct merged_site *));
	if (!index->sites)
		return -1;
	for (i = 0; i < image->site_count; i++) {
		const struct tl_site *site = image_site(image, (uint32_t)i);

		if (site && add_site(index, image, site, &index->sites[i]))
			return -1;
	}
	return 0;
}
