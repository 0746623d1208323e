/* SPDX-License-Identifier: MIT */
/*
 * util_words.h - texts that are often the same, each kept once.
 */
#ifndef ANALYZER_UTIL_WORDS_H
#define ANALYZER_UTIL_WORDS_H

/* All zero is an empty one. */
struct words {
	struct word *all;
};

void words_free(struct words *words);

/* The copy of it that is kept, always the same; NULL on lack of memory. */
const char *words_keep(struct words *words, const char *text);

#endif
