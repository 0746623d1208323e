/* SPDX-License-Identifier: MIT */
#include "call_tree.h"
#include "heap_caller.h"
#include "stack_user.h"
#include "util.h"

#include <stdlib.h>

static void add_weight(struct call_node *node, uint64_t weight, size_t item)
{
	node->weight = sum_capped(node->weight, weight);
	if (weight <= node->item_weight)
		return;
	node->item = item;
	node->item_weight = weight;
}

static struct call_node *child_of(struct call_node *node, const struct frame *frame)
{
	struct call_node *child;

	for (child = node->child; child; child = child->next)
		if (heap_frame_compare(child->frame, frame) == 0)
			return child;
	child = calloc(1, sizeof(*child));
	if (!child)
		return NULL;
	child->frame = frame;
	child->next = node->child;
	node->child = child;
	return child;
}

void call_tree_add(struct call_tree *tree, const struct merged_stack *stack, uint64_t weight,
		   size_t item)
{
	bool all = !stack_has_user_frame(stack);
	struct call_node *node = &tree->root;
	size_t i;

	if (!weight)
		return;
	add_weight(node, weight, item);
	for (i = stack->count; i-- > 0;) {
		if (!all && !frame_is_user(stack->frames[i]))
			continue;
		node = child_of(node, stack->frames[i]);
		if (!node) {
			tree->failed = true;
			return;
		}
		add_weight(node, weight, item);
	}
}

/* Merge sort of a list; heaviest first, equal ones as they came. */
static struct call_node *merge(struct call_node *a, struct call_node *b)
{
	struct call_node *head = NULL, **end = &head;

	while (a && b) {
		struct call_node **first = b->weight > a->weight ? &b : &a;

		*end = *first;
		end = &(*first)->next;
		*first = (*first)->next;
	}
	*end = a ? a : b;
	return head;
}

static struct call_node *sorted(struct call_node *list)
{
	struct call_node *slow = list, *fast, *half;

	if (!list || !list->next)
		return list;
	for (fast = list->next; fast && fast->next; fast = fast->next->next)
		slow = slow->next;
	half = slow->next;
	slow->next = NULL;
	return merge(sorted(list), sorted(half));
}

/* No deeper than stacks are: STACK_DEPTH_MAX frames and what was inlined in them. */
static void sort_below(struct call_node *node)
{
	struct call_node *child;

	node->child = sorted(node->child);
	for (child = node->child; child; child = child->next)
		sort_below(child);
}

void call_tree_sort(struct call_tree *tree)
{
	sort_below(&tree->root);
}

static void free_below(struct call_node *node)
{
	struct call_node *child, *next;

	for (child = node->child; child; child = next) {
		next = child->next;
		free_below(child);
		free(child);
	}
}

void call_tree_free(struct call_tree *tree)
{
	free_below(&tree->root);
	*tree = (struct call_tree){0};
}
