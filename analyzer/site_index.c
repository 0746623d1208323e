/* SPDX-License-Identifier: MIT */
#include "site_index.h"
#include "strbuf.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(node) ((node)->lost = true)
#include <uthash.h>

struct node {
	struct merged_site site;
	char *key;
	size_t key_len;
	bool lost;
	UT_hash_handle hh;
};

struct site_index {
	struct symbolizer *sym;
	const char *source_root;
	size_t source_root_len;

	struct node *nodes; /* by key */
	struct node **order;
	size_t count, capacity;

	/* Of the current image: handle of each module, merged site of each site. */
	int *handles;
	struct merged_site **sites;
};

struct site_index *site_index_new(struct symbolizer *sym, const char *source_root)
{
	struct site_index *index = calloc(1, sizeof(*index));

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

void site_index_free(struct site_index *index)
{
	size_t i;

	if (!index)
		return;
	HASH_CLEAR(hh, index->nodes);
	for (i = 0; i < index->count; i++) {
		free(index->order[i]->site.frames);
		free(index->order[i]->key);
		free(index->order[i]);
	}
	free(index->order);
	free(index->handles);
	free(index->sites);
	free(index);
}

size_t site_index_count(const struct site_index *index)
{
	return index->count;
}

struct merged_site *site_index_site(const struct site_index *index, size_t i)
{
	return &index->order[i]->site;
}

/* ---- the key under which sites merge ------------------------------------------------------ */

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

static void key_make(struct strbuf *key, const struct image *image, uint32_t timer_kind,
		     const struct stack *stack)
{
	size_t i;

	strbuf_add(key, &timer_kind, sizeof(timer_kind));
	for (i = 0; stack && i < stack->depth; i++)
		key_add_frame(key, image, &image->frames[stack->first + i]);
}

/* ---- frames ------------------------------------------------------------------------------- */

static const char *strip_root(const struct site_index *index, const char *file)
{
	size_t len = index->source_root_len;

	if (!file || !len || strncmp(file, index->source_root, len) != 0 || file[len] != '/')
		return file;
	while (file[len] == '/')
		len++;
	return file[len] ? file + len : file;
}

static int add_frames(struct site_index *index, struct merged_site *site, size_t *capacity,
		      const struct image *image, const struct tl_frame *raw)
{
	const struct frame *found;
	size_t n = symbolizer_lookup(index->sym, site_index_module(index, image, raw->module),
				     raw->offset, &found);
	size_t i;

	for (i = 0; i < n; i++) {
		struct frame *frame;

		if (!array_grow(&site->frames, site->frame_count, capacity, sizeof(*frame)))
			return -1;
		frame = &site->frames[site->frame_count++];
		*frame = found[i];
		frame->file = strip_root(index, frame->file);
	}
	return 0;
}

static int symbolize_site(struct site_index *index, struct merged_site *site,
			  const struct image *image, const struct stack *stack)
{
	size_t i, capacity = 0;

	site->stack_known = stack && stack->depth;
	site->stack_flags = stack ? stack->flags : 0;
	for (i = 0; stack && i < stack->depth; i++)
		if (add_frames(index, site, &capacity, image, &image->frames[stack->first + i]))
			return -1;
	fingerprint_make(site->fingerprint, site->timer, site->frames, site->frame_count);
	return 0;
}

/* ---- look-up ------------------------------------------------------------------------------ */

/* Appends the node to the order first, so that whatever happens it is freed. */
static struct merged_site *node_insert(struct site_index *index, struct node *node)
{
	if (!array_grow(&index->order, index->count, &index->capacity, sizeof(struct node *))) {
		free(node->key);
		free(node);
		return NULL;
	}
	node->site.ordinal = index->count;
	index->order[index->count++] = node;
	HASH_ADD_KEYPTR(hh, index->nodes, node->key, node->key_len, node);
	return node->lost ? NULL : &node->site;
}

static struct merged_site *site_get(struct site_index *index, const struct image *image,
				    uint32_t timer_kind, const struct stack *stack)
{
	struct strbuf key = STRBUF_INIT;
	struct node *node;

	key_make(&key, image, timer_kind, stack);
	if (key.failed)
		goto failed;
	HASH_FIND(hh, index->nodes, key.data, key.len, node);
	if (node) {
		strbuf_free(&key);
		return &node->site;
	}
	node = calloc(1, sizeof(*node));
	if (!node)
		goto failed;
	node->site.timer = timer_kind;
	node->key = key.data;
	node->key_len = key.len;
	if (!node_insert(index, node) || symbolize_site(index, &node->site, image, stack))
		return NULL;
	return &node->site;
failed:
	strbuf_free(&key);
	return NULL;
}

struct merged_site *site_index_of_timer(struct site_index *index, const struct image *image,
					const struct tl_timer *timer)
{
	const struct tl_site *site = image_site(image, timer->site);

	if (site && site->kind == timer->kind)
		return index->sites[timer->site];
	return site_get(index, image, timer->kind, NULL);
}

int site_index_module(struct site_index *index, const struct image *image, uint32_t module)
{
	return image_module(image, module) ? index->handles[module] : -1;
}

/* ---- one image ---------------------------------------------------------------------------- */

static int add_modules(struct site_index *index, const struct image *image)
{
	size_t i;

	free(index->handles);
	index->handles = calloc(image->module_count + 1, sizeof(*index->handles));
	if (!index->handles)
		return -1;
	for (i = 0; i < image->module_count; i++) {
		const struct tl_module *module = &image->modules[i];
		struct symbolizer_module wanted = {
		    .path = module->path,
		    .build_id = module->build_id,
		    .build_id_len = module->build_id_len,
		    .flags = module->flags,
		};

		index->handles[i] =
		    module->state == TL_SLOT_EMPTY ? -1 : symbolizer_add(index->sym, &wanted);
	}
	return 0;
}

int site_index_add(struct site_index *index, const struct image *image)
{
	size_t i, k;

	if (add_modules(index, image))
		return -1;
	free(index->sites);
	index->sites = calloc(image->site_count + 1, sizeof(struct merged_site *));
	if (!index->sites)
		return -1;
	for (i = 0; i < image->site_count; i++) {
		const struct tl_site *site = image_site(image, (uint32_t)i);
		struct merged_site *merged;

		if (!site)
			continue;
		merged = site_get(index, image, site->kind, image_stack(image, site->stack));
		if (!merged)
			return -1;
		index->sites[i] = merged;
		merged->stopped += site->stopped;
		for (k = 0; k < TL_HAZARDS; k++)
			merged->hazards[k] += site->hazards[k];
	}
	return 0;
}
