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

void text_pool_free(struct text_pool *pool)
{
	struct text *text, *next;

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

const char *text_pool_demangled(struct text_pool *pool, const char *symbol)
{
	char *name = symbol ? demangle(symbol) : NULL;
	const char *kept = name && *name ? intern(pool, name) : NULL;

	free(name);
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
