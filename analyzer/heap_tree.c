/* SPDX-License-Identifier: MIT */
#include "heap_tree.h"
#include "heap_caller.h"
#include "stack_user.h"
#include "util.h"

#include <stdlib.h>

/* One row of the profile, its frames outermost first. */
struct path {
	const struct frame **frames;
	size_t depth;
	const struct heap_numbers *n;
};

/* Paths that are sorted: a branch is a range of them, and so is each of its children. */
struct range {
	size_t first, end;
	struct heap_numbers n;
};

struct walk {
	struct path *paths;
	struct heap_numbers least; /* what is below both is folded */
	heap_tree_visitor *visit;
	void *arg;
};

/* ---- paths -------------------------------------------------------------------------------- */

static size_t fill_path(struct path *path, const struct heap_row *row, const struct frame **room)
{
	const struct merged_stack stack = heap_caller(row->stack);
	bool all = !stack_has_user_frame(&stack);
	size_t i;

	*path = (struct path){.frames = room, .n = &row->n};
	for (i = stack.count; i-- > 0;)
		if (all || frame_is_user(stack.frames[i]))
			room[path->depth++] = stack.frames[i];
	return path->depth;
}

static const struct frame *frame_at(const struct path *path, size_t depth)
{
	return depth < path->depth ? path->frames[depth] : NULL;
}

static int compare_paths(const void *a, const void *b)
{
	const struct path *x = a, *y = b;
	size_t i;
	int order;

	for (i = 0; i < x->depth || i < y->depth; i++) {
		order = heap_frame_compare(frame_at(x, i), frame_at(y, i));
		if (order)
			return order;
	}
	return 0;
}

static size_t count_frames(const struct heap_profile *profile)
{
	size_t i, sum = 0;

	for (i = 0; i < profile->count; i++)
		sum += profile->rows[i].stack->count;
	return sum;
}

/* ---- branches ----------------------------------------------------------------------------- */

/* The next child at or after `from`: paths that go on with the same frame. */
static struct range next_child(const struct walk *walk, size_t from, size_t end, unsigned depth)
{
	const struct frame *frame = frame_at(&walk->paths[from], depth);
	struct range child = {.first = from, .end = from};

	while (child.end < end &&
	       heap_frame_compare(frame, frame_at(&walk->paths[child.end], depth)) == 0)
		heap_numbers_add(&child.n, walk->paths[child.end++].n);
	return child;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int order = heap_numbers_compare(&x->n, &y->n);

	if (order)
		return order;
	return x->first < y->first ? -1 : 1;
}

struct children {
	struct range *list;
	size_t count, capacity;
	struct heap_branch folded;
};

static bool is_small(const struct walk *walk, const struct heap_numbers *n)
{
	return n->live_bytes < walk->least.live_bytes && n->alloc_bytes < walk->least.alloc_bytes;
}

static int find_children(const struct walk *walk, const struct range *branch, unsigned depth,
			 struct children *children)
{
	size_t at = branch->first;

	while (at < branch->end) {
		struct range child = next_child(walk, at, branch->end, depth);

		at = child.end;
		/* What ends here is the branch's own. */
		if (depth && !frame_at(&walk->paths[child.first], depth))
			continue;
		if (is_small(walk, &child.n)) {
			children->folded.folded++;
			heap_numbers_add(&children->folded.n, &child.n);
			continue;
		}
		if (!array_grow(&children->list, children->count, &children->capacity,
				sizeof(*children->list)))
			return -1;
		children->list[children->count++] = child;
	}
	if (children->count)
		qsort(children->list, children->count, sizeof(*children->list), compare_ranges);
	return 0;
}

static int walk_below(const struct walk *walk, const struct range *branch, unsigned depth);

static int walk_children(const struct walk *walk, struct children *children, unsigned depth)
{
	size_t i;

	for (i = 0; i < children->count; i++) {
		const struct range *child = &children->list[i];
		const struct heap_branch branch = {
		    .depth = depth,
		    .frame = frame_at(&walk->paths[child->first], depth),
		    .n = child->n,
		};

		walk->visit(walk->arg, &branch);
		if (branch.frame && walk_below(walk, child, depth + 1))
			return -1;
	}
	children->folded.depth = depth;
	if (children->folded.folded)
		walk->visit(walk->arg, &children->folded);
	return 0;
}

static void cut_below(const struct walk *walk, const struct range *branch, unsigned depth)
{
	struct heap_branch deeper = {.depth = depth, .too_deep = true};
	bool any = false;
	size_t i;

	for (i = branch->first; i < branch->end; i++) {
		if (!frame_at(&walk->paths[i], depth))
			continue;
		heap_numbers_add(&deeper.n, walk->paths[i].n);
		any = true;
	}
	if (any)
		walk->visit(walk->arg, &deeper);
}

static int walk_below(const struct walk *walk, const struct range *branch, unsigned depth)
{
	struct children children = {0};
	int result;

	if (depth >= HEAP_TREE_DEPTH) {
		cut_below(walk, branch, depth);
		return 0;
	}
	result = find_children(walk, branch, depth, &children);
	if (!result)
		result = walk_children(walk, &children, depth);
	free(children.list);
	return result;
}

int heap_tree_walk(const struct heap_profile *profile, heap_tree_visitor *visit, void *arg)
{
	const struct heap_numbers *total = &profile->total;
	const struct range all = {.end = profile->count};
	const struct frame **room = calloc(count_frames(profile) + 1, sizeof(*room));
	struct walk walk = {
	    .paths = calloc(profile->count + 1, sizeof(*walk.paths)),
	    .least = {.live_bytes = total->live_bytes / HEAP_TREE_FOLD,
		      .alloc_bytes = total->alloc_bytes / HEAP_TREE_FOLD},
	    .visit = visit,
	    .arg = arg,
	};
	size_t i, used = 0;
	int result = -1;

	if (room && walk.paths) {
		for (i = 0; i < profile->count; i++)
			used += fill_path(&walk.paths[i], &profile->rows[i], room + used);
		if (profile->count)
			qsort(walk.paths, profile->count, sizeof(*walk.paths), compare_paths);
		result = walk_below(&walk, &all, 0);
	}
	free(walk.paths);
	free(room);
	return result;
}
