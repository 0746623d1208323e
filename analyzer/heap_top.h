/* SPDX-License-Identifier: MIT */
/*
 * heap_top.h - a heap profile by the place that allocated: the innermost frame of the user.
 */
#ifndef ANALYZER_HEAP_TOP_H
#define ANALYZER_HEAP_TOP_H

#include "heap_profile.h"

struct heap_top_row {
	const struct frame *frame; /* NULL: of stacks that are not known */
	struct heap_numbers n;
};

struct heap_top {
	struct heap_top_row *rows; /* largest first */
	size_t count;
};

/* 0, or -1 on lack of memory. The profile must outlive it. */
int heap_top_build(struct heap_top *top, const struct heap_profile *profile);
void heap_top_free(struct heap_top *top);

#endif
