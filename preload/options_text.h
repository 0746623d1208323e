/* SPDX-License-Identifier: MIT */
/*
 * options_text.h - words, names and patterns of option values. No state, no memory, no errno.
 */
#ifndef TL_OPTIONS_TEXT_H
#define TL_OPTIONS_TEXT_H

#include "base.h"

/* Which of "a|b|c" it is, -1 if none. */
int tl_options_word(const char *words, const char *text);
void tl_options_word_at(const char *words, int index, char *text, size_t size);

unsigned tl_options_parse_kinds(const char *list); /* TL_KIND_*, 0 if it is no such list */

/* Levenshtein distance; only the first 32 characters of each count. */
unsigned tl_options_distance(const char *a, const char *b);

#endif
