/* SPDX-License-Identifier: MIT */
/*
 * stack_tree.h - the stacks of all images as paths in one tree, outermost frame first: those of the
 * same places end at the same node. A frame that many stacks share is looked up once an image.
 */
#ifndef ANALYZER_STACK_TREE_H
#define ANALYZER_STACK_TREE_H

#include "stack_index.h"

#define STACK_TREE_ROOT 0u /* of no frames: the stack that is not known */

struct stack_tree_node {
	uint32_t caller;		  /* node */
	uint32_t number;		  /* of its stack_place */
	const struct merged_stack *stack; /* that ends here; NULL: none yet; not owned */
};

/* All zero is an empty one. */
struct stack_tree {
	struct stack_tree_node *nodes;
	size_t count, capacity;
	uint32_t *slots; /* open hash table of nodes by caller and number; 0: free */
	size_t slot_count;
};

/* 0, or -1 on lack of memory. */
int stack_tree_init(struct stack_tree *tree);
void stack_tree_free(struct stack_tree *tree);

/* The node of that place below the other, added at need; the root on lack of memory. */
uint32_t stack_tree_child(struct stack_tree *tree, uint32_t caller, uint32_t number);

#endif
