/* SPDX-License-Identifier: MIT */
/*
 * site_index.h - finds the merged site of a site or timer of any image.
 */
#ifndef ANALYZER_SITE_INDEX_H
#define ANALYZER_SITE_INDEX_H

#include "group.h"

struct site_index;

/* The stacks are borrowed; their current image is the one that was added last. */
struct site_index *site_index_new(struct stack_index *stacks);
void site_index_free(struct site_index *index);

/*
 * Takes in the sites of an image: their stopped timers, hazards and heap blocks. The image then is
 * the current one, to which the look-ups below refer. 0, or -1 on lack of memory.
 */
int site_index_add(struct site_index *index, const struct image *image);

/* NULL on lack of memory. A timer whose site is unknown gets one without a stack. */
struct merged_site *site_index_of_timer(struct site_index *index, const struct image *image,
					const struct timer *timer);

size_t site_index_count(const struct site_index *index);
struct merged_site *site_index_site(const struct site_index *index, size_t i);

#endif
