/* SPDX-License-Identifier: MIT */
#include "frame_cache.h"

#include <stdlib.h>
#include <string.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct text_key {
	const struct frame *frame;
	uint64_t way; /* 64 bits wide: no padding in what is hashed */
};

struct frame_text {
	struct text_key key;
	size_t len;
	UT_hash_handle hh;
	char text[];
};

void frame_cache_free(struct frame_cache *cache)
{
	struct frame_text *text, *next;

	HASH_ITER (hh, cache->all, text, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(cache->all, text);
		free(text);
	}
}

const char *frame_cache_find(const struct frame_cache *cache, const struct frame *frame,
			     unsigned way, size_t *len)
{
	const struct text_key key = {frame, way};
	struct frame_text *text;

	/* NOLINTNEXTLINE(clang-analyzer-core.*): it forgets the key in the hash function */
	HASH_FIND(hh, cache->all, &key, sizeof(key), text);
	if (!text)
		return NULL;
	*len = text->len;
	return text->text;
}

const char *frame_cache_keep(struct frame_cache *cache, const struct frame *frame, unsigned way,
			     const char *data, size_t len)
{
	struct frame_text *text = calloc(1, sizeof(*text) + len + 1);

	if (!text)
		return NULL;
	text->key = (struct text_key){frame, way};
	text->len = len;
	memcpy(text->text, data, len);
	HASH_ADD(hh, cache->all, key, sizeof(text->key), text);
	if (text->hh.tbl)
		return text->text;
	free(text);
	return NULL;
}
