/* SPDX-License-Identifier: MIT */
#include "site_index.h"
#include "util.h"

#include <stdlib.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(node) ((node)->lost = true)
#include <uthash.h>

struct site_key {
	uint64_t stack; /* ordinal */
	uint64_t timer; /* 64 bits wide: no padding in what is hashed */
};

struct node {
	struct merged_site site;
	struct site_key key;
	bool lost;
	UT_hash_handle hh;
};

struct site_index {
	struct stack_index *stacks;
	struct node *nodes; /* by key */
	struct node **order;
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

static void node_free(struct node *node)
{
	site_heap_free(&node->site.heap);
	timeline_sum_free(&node->site.timeline);
	free(node);
}

void site_index_free(struct site_index *index)
{
	size_t i;

	if (!index)
		return;
	HASH_CLEAR(hh, index->nodes);
	for (i = 0; i < index->count; i++)
		node_free(index->order[i]);
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
	return &index->order[i]->site;
}

/* ---- look-up ------------------------------------------------------------------------------ */

/* Appends the node to the order first, so that whatever happens it is freed. */
static struct merged_site *node_insert(struct site_index *index, struct node *node)
{
	if (!array_grow(&index->order, index->count, &index->capacity, sizeof(struct node *))) {
		free(node);
		return NULL;
	}
	node->site.ordinal = index->count;
	index->order[index->count++] = node;
	HASH_ADD(hh, index->nodes, key, sizeof(node->key), node);
	return node->lost ? NULL : &node->site;
}

static struct merged_site *site_get(struct site_index *index, uint32_t timer, uint32_t stack_number)
{
	const struct merged_stack *stack = stack_index_get(index->stacks, stack_number);
	const struct site_key key = {stack ? stack->ordinal : 0, timer};
	struct node *node;

	if (!stack)
		return NULL;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): it forgets the key in the hash function */
	HASH_FIND(hh, index->nodes, &key, sizeof(key), node);
	if (node)
		return &node->site;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->key = key;
	node->site.timer = timer;
	node->site.stack = stack;
	fingerprint_make(node->site.fingerprint, timer, stack->frames, stack->count);
	return node_insert(index, node);
}

struct merged_site *site_index_of_timer(struct site_index *index, const struct image *image,
					const struct tl_timer *timer)
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
