/* SPDX-License-Identifier: MIT */
/*
 * hooks_range.h - the tracked timerfds in a range of descriptors, held aside while the real call
 * closes the range: a number may be given to a new timerfd before the call has returned.
 */
#ifndef TL_HOOKS_RANGE_H
#define TL_HOOKS_RANGE_H

#include "registry.h"

struct tl_range_item {
	struct tl_ref ref;
	int fd;
};

struct tl_range {
	struct tl_range_item few[16];
	struct tl_range_item *items; /* few, or a mapping of `size` bytes */
	size_t size, count;
};

void tl_range_unlink(struct tl_range *range, unsigned first, unsigned last);
void tl_range_end(struct tl_range *range, bool closed); /* not closed: all is put back */

#endif
