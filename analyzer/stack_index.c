/* SPDX-License-Identifier: MIT */
#include "stack_index.h"
#include "stack_places.h"
#include "util_pool.h"

#include <stdlib.h>
#include <string.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(node) ((node)->lost = true)
#include <uthash.h>

/* One piece of memory: behind it are the frames of the stack, then its key. */
struct node {
	struct merged_stack stack;
	bool lost;
	UT_hash_handle hh;
	const struct frame *frames[];
};

/* What a stack of the image consists of: places, whose numbers are the key under which stacks
 * merge, and their frames. */
struct parts {
	struct stack_place *places[TL_MAX_DEPTH];
	/* With one in front: a key is never empty, which that of the unknown stack would be. */
	uint32_t numbers[1 + TL_MAX_DEPTH];
	size_t depth;
};

struct stack_index {
	struct symbolizer *sym;
	struct stack_places places;
	struct parts parts; /* of the stack that is looked up */

	struct pool pool;   /* of the nodes */
	struct node *nodes; /* by key */
	size_t count;

	/* The current image: handle of each module, merged stack of each stack (NULL: not yet). */
	const struct image *image;
	int *handles;
	const struct merged_stack **known;
};

struct stack_index *stack_index_new(struct symbolizer *sym)
{
	struct stack_index *index = calloc(1, sizeof(*index));

	if (index)
		index->sym = sym;
	return index;
}

void stack_index_free(struct stack_index *index)
{
	if (!index)
		return;
	HASH_CLEAR(hh, index->nodes);
	pool_free(&index->pool);
	stack_places_free(&index->places);
	free(index->handles);
	free(index->known);
	free(index);
}

size_t stack_index_count(const struct stack_index *index)
{
	return index->count;
}

/* ---- look-up ------------------------------------------------------------------------------ */

static int take_apart(struct stack_index *index, const struct stack *stack)
{
	struct parts *parts = &index->parts;
	size_t i;

	parts->depth = 0;
	for (i = 0; stack && i < stack->depth; i++) {
		const struct tl_frame *raw = &index->image->frames[stack->first + i];
		struct stack_place *place =
		    stack_places_get(&index->places, index->sym,
				     stack_index_module(index, raw->module), raw->offset);

		if (!place)
			return -1;
		parts->places[parts->depth++] = place;
		parts->numbers[parts->depth] = place->number;
	}
	return 0;
}

/* How many frames it has. */
static size_t look_up(struct stack_index *index)
{
	size_t i, count = 0;

	for (i = 0; i < index->parts.depth; i++) {
		stack_place_look_up(index->parts.places[i], index->sym);
		count += index->parts.places[i]->count;
	}
	return count;
}

static void fill(struct node *node, const struct parts *parts)
{
	size_t i, k;

	node->stack.frames = node->frames;
	for (i = 0; i < parts->depth; i++)
		for (k = 0; k < parts->places[i]->count; k++)
			node->frames[node->stack.count++] = &parts->places[i]->frames[k];
}

static struct node *add(struct stack_index *index, const struct stack *stack, size_t key_len)
{
	const struct parts *parts = &index->parts;
	size_t frame_count = look_up(index), frames_size = frame_count * sizeof(struct frame *);
	struct node *node = pool_take(&index->pool, sizeof(*node) + frames_size + key_len);
	void *key;

	if (!node)
		return NULL;
	fill(node, parts);
	node->stack.flags = stack ? stack->flags : 0;
	node->stack.ordinal = index->count++;
	key = node->frames + frame_count;
	memcpy(key, parts->numbers, key_len);
	HASH_ADD_KEYPTR(hh, index->nodes, key, key_len, node);
	return node->lost ? NULL : node;
}

static const struct merged_stack *find_or_add(struct stack_index *index, const struct stack *stack)
{
	struct node *node;
	size_t key_len;

	if (take_apart(index, stack))
		return NULL;
	key_len = (1 + index->parts.depth) * sizeof(index->parts.numbers[0]);
	HASH_FIND(hh, index->nodes, index->parts.numbers, key_len, node);
	if (!node)
		node = add(index, stack, key_len);
	return node ? &node->stack : NULL;
}

const struct merged_stack *stack_index_get(struct stack_index *index, uint32_t stack)
{
	const struct stack *found = image_stack(index->image, stack);

	if (!found)
		return find_or_add(index, NULL);
	if (!index->known[stack])
		index->known[stack] = find_or_add(index, found);
	return index->known[stack];
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
	free(index->known);
	index->known = calloc(image->stack_count + 1, sizeof(struct merged_stack *));
	index->image = image;
	return index->known ? 0 : -1;
}
