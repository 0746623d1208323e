/* SPDX-License-Identifier: MIT */
/*
 * image_set.h - reads the traces that a report is over. What cannot be read is named on stderr and
 * counted, the rest goes on.
 */
#ifndef ANALYZER_IMAGE_SET_H
#define ANALYZER_IMAGE_SET_H

#include "model.h"
#include "report_run.h"

struct image_set {
	const struct image **ordered; /* by start; owned */
	size_t count, capacity;
	size_t unreadable;
};

/* 0, or -1 on lack of memory. The same file named twice counts once. */
int image_set_read(struct image_set *set, const struct report_input *inputs, size_t count);
void image_set_free(struct image_set *set);

/* Ends that only the launcher saw. */
void image_set_apply_ends(struct image_set *set, const struct report_end *ends, size_t count);

size_t image_set_count(const struct image_set *set);
const struct image *const *image_set_ordered(const struct image_set *set);

#endif
