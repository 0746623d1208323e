/* SPDX-License-Identifier: MIT */
#include "stack_tree.h"
#include "util.h"
#include "util_pool.h"

#include <stdlib.h>

#define FIRST_SLOTS 1024 /* a power of 2, as all sizes are */

int stack_tree_init(struct stack_tree *tree)
{
	*tree = (struct stack_tree){.count = 1, .slot_count = FIRST_SLOTS};
	tree->slots = calloc(tree->slot_count, sizeof(*tree->slots));
	if (!array_grow(&tree->nodes, 0, &tree->capacity, sizeof(*tree->nodes)) || !tree->slots) {
		stack_tree_free(tree);
		return -1;
	}
	tree->nodes[STACK_TREE_ROOT] = (struct stack_tree_node){0};
	return 0;
}

void stack_tree_free(struct stack_tree *tree)
{
	free(tree->nodes);
	free(tree->slots);
	*tree = (struct stack_tree){0};
}

/* Its slot, or the free one that would be. */
static uint32_t *find(const struct stack_tree *tree, uint32_t caller, uint32_t number)
{
	uint64_t mixed = ((uint64_t)caller << 32 | number) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i;

	mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
	for (i = mixed >> 32;; i++) {
		uint32_t *slot = &tree->slots[i & (tree->slot_count - 1)];
		const struct stack_tree_node *node = &tree->nodes[*slot];

		if (!*slot || (node->caller == caller && node->number == number))
			return slot;
	}
}

/* Half of the slots are free. */
static int make_room(struct stack_tree *tree)
{
	size_t i;

	if (tree->count >= UINT32_MAX ||
	    !array_grow(&tree->nodes, tree->count, &tree->capacity, sizeof(*tree->nodes)))
		return -1;
	if (tree->count < tree->slot_count / 2)
		return 0;
	free(tree->slots);
	tree->slot_count *= 2;
	tree->slots = array_zeroed(tree->slot_count, sizeof(*tree->slots));
	for (i = 1; tree->slots && i < tree->count; i++)
		*find(tree, tree->nodes[i].caller, tree->nodes[i].number) = (uint32_t)i;
	return tree->slots ? 0 : -1;
}

static uint32_t add(struct stack_tree *tree, uint32_t caller, uint32_t number)
{
	if (make_room(tree))
		return STACK_TREE_ROOT;
	tree->nodes[tree->count] = (struct stack_tree_node){caller, number, NULL};
	*find(tree, caller, number) = (uint32_t)tree->count;
	return (uint32_t)tree->count++;
}

uint32_t stack_tree_child(struct stack_tree *tree, uint32_t caller, uint32_t number)
{
	/* Without slots: after a lack of memory. */
	uint32_t found = tree->slots ? *find(tree, caller, number) : 0;

	return found || !tree->slots ? found : add(tree, caller, number);
}
