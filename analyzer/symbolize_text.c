/* SPDX-License-Identifier: MIT */
#include "symbolize_text.h"
#include "demangle.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

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
	names_free(pool);
	words_free(&pool->texts);
}

static const char *demangle_and_intern(struct text_pool *pool, const char *symbol)
{
	char *name = demangle(symbol);
	const char *kept = name && *name ? words_keep(&pool->texts, name) : NULL;

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
		kept = words_keep(&pool->texts, name.data);
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
		return words_keep(&pool->texts, from->file);
	if (asprintf(&joined, "%s/%s", from->directory, from->file) < 0)
		return NULL;
	kept = words_keep(&pool->texts, joined);
	free(joined);
	return kept;
}
