/* SPDX-License-Identifier: MIT */
/*
 * heap_tree.h - a heap profile as a tree of calls, callers first: a branch has the numbers of all
 * that was allocated below it. Of the user's frames only, where a stack has any.
 */
#ifndef ANALYZER_HEAP_TREE_H
#define ANALYZER_HEAP_TREE_H

#include "heap_profile.h"

/* Branches with less than a hundredth of both what lives and what was allocated are folded. */
#define HEAP_TREE_FOLD 100
/* Deeper calls are left out: nobody reads lines that are indented so far. */
#define HEAP_TREE_DEPTH 40

struct heap_branch {
	unsigned depth;		   /* 0: a root */
	const struct frame *frame; /* NULL: of stacks that are not known, or folded, or too deep */
	size_t folded;		   /* stands for so many branches that are small */
	bool too_deep;		   /* stands for what is left out below */
	struct heap_numbers n;
};

typedef void heap_tree_visitor(void *arg, const struct heap_branch *branch);

/* Visits each branch before those below it, largest first. 0, or -1 on lack of memory. */
int heap_tree_walk(const struct heap_profile *profile, heap_tree_visitor *visit, void *arg);

#endif
