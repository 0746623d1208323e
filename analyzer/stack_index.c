/* SPDX-License-Identifier: MIT */
#include "stack_index.h"
#include "stack_places.h"
#include "stack_tree.h"
#include "util_pool.h"

#include <stdlib.h>

/* A frame of the image, once a stack with it was looked up. */
struct seen {
	struct stack_place *place;
	uint32_t node; /* of the tree; STACK_TREE_ROOT: not yet */
};

struct stack_index {
	struct symbolizer *sym;
	struct stack_places places;
	struct stack_tree tree;
	struct pool pool; /* of the stacks, each with its frames behind it */
	size_t count;

	/* The current image: handle of each module, what is known of each frame. */
	const struct image *image;
	int *handles;
	struct seen *seen;
};

struct stack_index *stack_index_new(struct symbolizer *sym)
{
	struct stack_index *index = calloc(1, sizeof(*index));

	if (!index || stack_tree_init(&index->tree)) {
		free(index);
		return NULL;
	}
	index->sym = sym;
	return index;
}

void stack_index_free(struct stack_index *index)
{
	if (!index)
		return;
	stack_tree_free(&index->tree);
	pool_free(&index->pool);
	stack_places_free(&index->places);
	free(index->handles);
	free(index->seen);
	free(index);
}

size_t stack_index_count(const struct stack_index *index)
{
	return index->count;
}

/* ---- look-up ------------------------------------------------------------------------------ */

/* Where a frame of the image stands in the tree, below a node; the root on lack of memory. */
static uint32_t enter(struct stack_index *index, uint32_t frame, uint32_t caller)
{
	uint64_t at = index->image->frames[frame].at;
	struct seen *seen = &index->seen[frame];

	seen->place =
	    stack_places_get(&index->places, index->sym,
			     stack_index_module(index, tl_frame_module(at)), tl_frame_offset(at));
	if (!seen->place)
		return STACK_TREE_ROOT;
	seen->node = stack_tree_child(&index->tree, caller, seen->place->number);
	return seen->node;
}

/* The node of a stack with this innermost frame. */
static int find_node(struct stack_index *index, uint32_t frame, uint32_t *node)
{
	uint32_t unseen[TL_MAX_DEPTH];
	size_t count = 0;

	while (frame != TL_NONE && !index->seen[frame].node && count < TL_MAX_DEPTH) {
		unseen[count++] = frame;
		frame = index->image->frames[frame].caller;
	}
	*node = frame == TL_NONE ? STACK_TREE_ROOT : index->seen[frame].node;
	while (count > 0) {
		*node = enter(index, unseen[--count], *node);
		if (*node == STACK_TREE_ROOT)
			return -1;
	}
	return 0;
}

/* How many frames there are, inlined ones too. */
static size_t look_up(const struct stack_index *index, uint32_t frame)
{
	size_t count = 0;

	for (; frame != TL_NONE; frame = index->image->frames[frame].caller) {
		struct stack_place *place = index->seen[frame].place;

		stack_place_look_up(place, index->sym);
		count += place->count;
	}
	return count;
}

static void fill(const struct stack_index *index, const struct frame **frames, uint32_t frame)
{
	size_t i;

	for (; frame != TL_NONE; frame = index->image->frames[frame].caller) {
		const struct stack_place *place = index->seen[frame].place;

		for (i = 0; i < place->count; i++)
			*frames++ = &place->frames[i];
	}
}

static struct merged_stack *add(struct stack_index *index, uint32_t frame, uint32_t flags)
{
	size_t count = look_up(index, frame);
	struct merged_stack *stack =
	    pool_take(&index->pool, sizeof(*stack) + count * sizeof(struct frame *));
	const struct frame **frames;

	if (!stack)
		return NULL;
	frames = (const struct frame **)(stack + 1);
	fill(index, frames, frame);
	*stack = (struct merged_stack){frames, count, flags, index->count++};
	return stack;
}

const struct merged_stack *stack_index_get(struct stack_index *index, uint32_t stack)
{
	const struct tl_stack *found = image_stack(index->image, stack);
	uint32_t frame = found ? found->frame : TL_NONE, node;

	if (find_node(index, frame, &node))
		return NULL;
	if (!index->tree.nodes[node].stack)
		index->tree.nodes[node].stack = add(index, frame, found ? found->flags : 0);
	return index->tree.nodes[node].stack;
}

int stack_index_module(const struct stack_index *index, uint32_t module)
{
	return image_module(index->image, module) ? index->handles[module] : -1;
}

/* ---- one image ---------------------------------------------------------------------------- */

struct symbolizer_module symbolizer_module_of(const struct tl_module *module)
{
	return (struct symbolizer_module){
	    .path = module->path,
	    .build_id = module->build_id,
	    .build_id_len = module->build_id_len,
	    .flags = module->flags,
	    .start = module->start - module->bias,
	    .end = module->end - module->bias,
	};
}

static int add_modules(struct stack_index *index, const struct image *image)
{
	size_t i;

	free(index->handles);
	index->handles = calloc(image->module_count + 1, sizeof(*index->handles));
	if (!index->handles)
		return -1;
	for (i = 0; i < image->module_count; i++) {
		const struct tl_module *module = &image->modules[i];
		struct symbolizer_module wanted = symbolizer_module_of(module);

		index->handles[i] =
		    module->state == TL_SLOT_EMPTY ? -1 : symbolizer_add(index->sym, &wanted);
	}
	return 0;
}

int stack_index_begin(struct stack_index *index, const struct image *image)
{
	if (add_modules(index, image))
		return -1;
	free(index->seen);
	index->seen = array_zeroed(image->frame_count + 1, sizeof(struct seen));
	index->image = image;
	return index->seen ? 0 : -1;
}
