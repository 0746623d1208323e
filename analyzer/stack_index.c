/* SPDX-License-Identifier: MIT */
#include "stack_index.h"
#include "strbuf.h"
#include "util.h"
#include "util_path.h"

#include <stdlib.h>
#include <string.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(node) ((node)->lost = true)
#include <uthash.h>

struct node {
	struct merged_stack stack;
	char *key;
	size_t key_len;
	bool lost;
	UT_hash_handle hh;
};

struct stack_index {
	struct symbolizer *sym;
	const char *source_root;
	size_t source_root_len;

	struct node *nodes; /* by key */
	struct node **order;
	size_t count, capacity;

	/* The current image: handle of each module, merged stack of each stack (NULL: not yet). */
	const struct image *image;
	int *handles;
	const struct merged_stack **known;
};

struct stack_index *stack_index_new(struct symbolizer *sym, const char *source_root)
{
	struct stack_index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->sym = sym;
	index->source_root = source_root;
	if (source_root)
		index->source_root_len = strlen(source_root);
	while (index->source_root_len && source_root[index->source_root_len - 1] == '/')
		index->source_root_len--;
	return index;
}

void stack_index_free(struct stack_index *index)
{
	size_t i;

	if (!index)
		return;
	HASH_CLEAR(hh, index->nodes);
	for (i = 0; i < index->count; i++) {
		free(index->order[i]->stack.frames);
		free(index->order[i]->key);
		free(index->order[i]);
	}
	free(index->order);
	free(index->handles);
	free(index->known);
	free(index);
}

size_t stack_index_count(const struct stack_index *index)
{
	return index->count;
}

/* ---- the key under which stacks merge ----------------------------------------------------- */

static void key_add_frame(struct strbuf *key, const struct image *image,
			  const struct tl_frame *frame)
{
	const struct tl_module *module = image_module(image, frame->module);
	uint8_t len = 0;

	if (!module) {
		strbuf_add(key, &len, 1);
	} else if (module->build_id_len) {
		len = module->build_id_len;
		strbuf_add(key, &len, 1);
		strbuf_add(key, module->build_id, len);
	} else {
		len = 255; /* longer than any build-id */
		strbuf_add(key, &len, 1);
		strbuf_add(key, module->path, strlen(module->path) + 1);
	}
	strbuf_add(key, &frame->offset, sizeof(frame->offset));
}

static void key_make(struct strbuf *key, const struct image *image, const struct stack *stack)
{
	size_t i;

	/* Never without data, which the unknown stack would be. */
	strbuf_add(key, "", 1);
	for (i = 0; stack && i < stack->depth; i++)
		key_add_frame(key, image, &image->frames[stack->first + i]);
}

/* ---- frames ------------------------------------------------------------------------------- */

static const char *strip_root(const struct stack_index *index, const char *file)
{
	size_t len = index->source_root_len;

	if (!file || !len || strncmp(file, index->source_root, len) != 0 || file[len] != '/')
		return file;
	while (file[len] == '/')
		len++;
	/* With "..", it may lead out again. */
	return path_inside(file + len) ? file + len : file;
}

static int add_frames(struct stack_index *index, struct merged_stack *stack, size_t *capacity,
		      const struct tl_frame *raw)
{
	const struct frame *found;
	size_t n = symbolizer_lookup(index->sym, stack_index_module(index, raw->module),
				     raw->offset, &found);
	size_t i;

	for (i = 0; i < n; i++) {
		struct frame *frame;

		if (!array_grow(&stack->frames, stack->count, capacity, sizeof(*frame)))
			return -1;
		frame = &stack->frames[stack->count++];
		*frame = found[i];
		frame->file = strip_root(index, frame->file);
	}
	return 0;
}

/* They are most of the memory, and stay until the end. */
static void trim(struct merged_stack *stack)
{
	struct frame *exact =
	    stack->count ? reallocarray(stack->frames, stack->count, sizeof(*exact)) : NULL;

	if (exact)
		stack->frames = exact;
}

static int symbolize(struct stack_index *index, struct merged_stack *merged,
		     const struct stack *stack)
{
	size_t i, capacity = 0;

	merged->flags = stack ? stack->flags : 0;
	for (i = 0; stack && i < stack->depth; i++)
		if (add_frames(index, merged, &capacity, &index->image->frames[stack->first + i]))
			return -1;
	trim(merged);
	return 0;
}

/* ---- look-up ------------------------------------------------------------------------------ */

/* Appends the node to the order first, so that whatever happens it is freed. */
static int node_insert(struct stack_index *index, struct node *node)
{
	if (!array_grow(&index->order, index->count, &index->capacity, sizeof(struct node *))) {
		free(node->key);
		free(node);
		return -1;
	}
	node->stack.ordinal = index->count;
	index->order[index->count++] = node;
	HASH_ADD_KEYPTR(hh, index->nodes, node->key, node->key_len, node);
	return node->lost ? -1 : 0;
}

static const struct merged_stack *find_or_add(struct stack_index *index, const struct stack *stack)
{
	struct strbuf key = STRBUF_INIT;
	struct node *node;

	key_make(&key, index->image, stack);
	if (key.failed)
		goto failed;
	HASH_FIND(hh, index->nodes, key.data, key.len, node);
	if (node) {
		strbuf_free(&key);
		return &node->stack;
	}
	node = calloc(1, sizeof(*node));
	if (!node)
		goto failed;
	node->key = key.data;
	node->key_len = key.len;
	if (node_insert(index, node) || symbolize(index, &node->stack, stack))
		return NULL;
	return &node->stack;
failed:
	strbuf_free(&key);
	return NULL;
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
