/* SPDX-License-Identifier: MIT */
#include "stack_places.h"

#include <stdlib.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(node) ((node)->lost = true)
#include <uthash.h>

struct place_key {
	uint64_t offset;
	int64_t module; /* 64 bits wide: no padding in what is hashed */
};

struct place_node {
	struct stack_place place; /* first, so that one leads to the other */
	struct place_key key;
	bool lost;
	UT_hash_handle hh;
};

void stack_places_free(struct stack_places *places)
{
	struct place_node *node, *next;

	HASH_ITER (hh, places->nodes, node, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(places->nodes, node);
		free(node);
	}
}

static struct place_node *add(struct stack_places *places, const struct place_key *key)
{
	struct place_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->key = *key;
	HASH_ADD(hh, places->nodes, key, sizeof(node->key), node);
	if (!node->lost)
		return node;
	free(node);
	return NULL;
}

/* Where several paths lead to one build, all have the number of the first. */
static struct place_node *find_or_add(struct stack_places *places, struct symbolizer *sym,
				      int module, uint64_t offset)
{
	const struct place_key key = {offset, module};
	struct place_node *node, *twin = NULL;
	int first = symbolizer_twin(sym, module);

	/* NOLINTNEXTLINE(clang-analyzer-core.*): it forgets the key in the hash function */
	HASH_FIND(hh, places->nodes, &key, sizeof(key), node);
	if (node)
		return node;
	if (first != module) {
		twin = find_or_add(places, sym, first, offset);
		if (!twin)
			return NULL;
	}
	node = add(places, &key);
	if (node)
		node->place.number = twin ? twin->place.number : places->numbers++;
	return node;
}

struct stack_place *stack_places_get(struct stack_places *places, struct symbolizer *sym,
				     int module, uint64_t offset)
{
	struct place_node *node = find_or_add(places, sym, module, offset);

	return node ? &node->place : NULL;
}

void stack_place_look_up(struct stack_place *place, struct symbolizer *sym)
{
	const struct place_node *node = (const struct place_node *)place;

	if (!place->frames)
		place->count =
		    symbolizer_lookup(sym, (int)node->key.module, node->key.offset, &place->frames);
}
