/* SPDX-License-Identifier: MIT */
#include "util_words.h"

#include <stdlib.h>
#include <string.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct word {
	UT_hash_handle hh;
	char text[];
};

void words_free(struct words *words)
{
	struct word *word, *next;

	HASH_ITER (hh, words->all, word, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(words->all, word);
		free(word);
	}
}

const char *words_keep(struct words *words, const char *text)
{
	size_t len = strlen(text);
	struct word *word;

	HASH_FIND(hh, words->all, text, len, word);
	if (word)
		return word->text;
	word = calloc(1, sizeof(*word) + len + 1);
	if (!word)
		return NULL;
	memcpy(word->text, text, len);
	HASH_ADD_KEYPTR(hh, words->all, word->text, len, word);
	if (word->hh.tbl)
		return word->text;
	free(word);
	return NULL;
}
