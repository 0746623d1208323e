/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	     1
#define uthash_nonfatal_oom(element) ((element)->count = 0)
#include <uthash.h>

struct tally_item {
	size_t count;
	UT_hash_handle hh;
	char text[];
};

static struct tally_item *add(struct tally *tally, const char *text)
{
	size_t len = strlen(text);
	struct tally_item *item = calloc(1, sizeof(*item) + len + 1);

	if (!item)
		return NULL;
	memcpy(item->text, text, len + 1);
	item->count = 1;
	HASH_ADD_KEYPTR(hh, tally->items, item->text, len, item);
	if (item->count)
		return item;
	free(item);
	return NULL;
}

size_t tally_add(struct tally *tally, const char *text)
{
	struct tally_item *item;

	HASH_FIND_STR(tally->items, text, item);
	if (item)
		return ++item->count;
	item = add(tally, text);
	return item ? 1 : 0;
}

void tally_free(struct tally *tally)
{
	struct tally_item *item, *next;

	HASH_ITER (hh, tally->items, item, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(tally->items, item);
		free(item);
	}
}
