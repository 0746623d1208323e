/* SPDX-License-Identifier: MIT */
/*
 * call_tree.h - stacks with weights as a tree of calls, callers first. Of the user's frames only,
 * where a stack has any; frames that a reader cannot tell apart are one. Pure.
 *
 * Owns its nodes; frames belong to whoever owns the stacks, and must outlive it.
 */
#ifndef ANALYZER_CALL_TREE_H
#define ANALYZER_CALL_TREE_H

#include "stack_index.h"

struct call_node {
	const struct frame *frame; /* NULL: the root */
	uint64_t weight;	   /* of all stacks that go through it; sums stop at SUM_MAX */
	size_t item;		   /* of the heaviest stack through it, as given to call_tree_add */
	uint64_t item_weight;
	struct call_node *child, *next; /* once sorted: heaviest first */
};

struct call_tree {
	struct call_node root;
	bool failed; /* out of memory: it is not to be shown */
};

/* Adds a stack of that weight; `item` is handed back in the nodes. Weight 0 adds nothing. */
void call_tree_add(struct call_tree *tree, const struct merged_stack *stack, uint64_t weight,
		   size_t item);
void call_tree_sort(struct call_tree *tree);
void call_tree_free(struct call_tree *tree);

#endif
