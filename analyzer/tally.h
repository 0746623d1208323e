/* SPDX-License-Identifier: MIT */
/*
 * tally.h - how often a text was seen.
 */
#ifndef ANALYZER_TALLY_H
#define ANALYZER_TALLY_H

#include <stddef.h>

struct tally {
	struct tally_item *items;
};

/* This time included; 0 on lack of memory. Copies the text. */
size_t tally_add(struct tally *tally, const char *text);
void tally_free(struct tally *tally);

#endif
