/* SPDX-License-Identifier: MIT */
#include "symbolize_text.h"
#include "demangle.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct text {
	UT_hash_handle hh;
	char data[];
};

struct text_name {
	UT_hash_handle hh;
	const char *name;
	char symbol[];
};

static void names_free(struct text_pool *pool)
{
	struct text_name *name, *next;

	HASH_ITER (hh, pool->names, name, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(pool->names, name);
		free(name);
	}
}

void text_pool_free(struct text_pool *pool)
{
	struct text *text, *next;

	names_free(pool);
	HASH_ITER (hh, pool->texts, text, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(pool->texts, text);
		free(text);
	}
}

static const char *intern(struct text_pool *pool, const char *data)
{
	size_t len = strlen(data);
	struct text *text;

	HASH_FIND(hh, pool->texts, data, len, text);
	if (text)
		return text->data;
	text = calloc(1, sizeof(*text) + len + 1);
	if (!text)
		return NULL;
	memcpy(text->data, data, len);
	HASH_ADD_KEYPTR(hh, pool->texts, text->data, len, text);
	if (text->hh.tbl)
		return text->data;
	free(text);
	return NULL;
}

static const char *demangle_and_intern(struct text_pool *pool, const char *symbol)
{
	char *name = demangle(symbol);
	const char *kept = name && *name ? intern(pool, name) : NULL;

	free(name);
	return kept;
}

/* Without memory for it, the next who asks demangles again. */
static void remember(struct text_pool *pool, const char *symbol, size_t len, const char *kept)
{
	struct text_name *name = calloc(1, sizeof(*name) + len + 1);

	if (!name)
		return;
	name->name = kept;
	memcpy(name->symbol, symbol, len);
	HASH_ADD_KEYPTR(hh, pool->names, name->symbol, len, name);
	if (!name->hh.tbl)
		free(name);
}

const char *text_pool_demangled(struct text_pool *pool, const char *symbol)
{
	size_t len = symbol ? strlen(symbol) : 0;
	struct text_name *name;
	const char *kept;

	if (!symbol)
		return NULL;
	HASH_FIND(hh, pool->names, symbol, len, name);
	if (name)
		return name->name;
	kept = demangle_and_intern(pool, symbol);
	if (kept)
		remember(pool, symbol, len, kept);
	return kept;
}

const char *text_pool_scoped(struct text_pool *pool, const struct dwarf_frame *from)
{
	struct strbuf name = STRBUF_INIT;
	const char *kept = NULL;
	size_t i;

	for (i = from->scope_count; i-- > 0;)
		strbuf_printf(&name, "%s::", from->scopes[i]);
	strbuf_puts(&name, from->function);
	if (!name.failed)
		kept = intern(pool, name.data);
	strbuf_free(&name);
	return kept;
}

const char *text_pool_file(struct text_pool *pool, const struct dwarf_frame *from)
{
	const char *kept;
	char *joined;

	if (!from->file)
		return NULL;
	if (!from->directory)
		return intern(pool, from->file);
	if (asprintf(&joined, "%s/%s", from->directory, from->file) < 0)
		return NULL;
	kept = intern(pool, joined);
	free(joined);
	return kept;
}
