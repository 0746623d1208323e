/* SPDX-License-Identifier: MIT */
/* frame_list.h - frames of an array as a stack has them. */
#ifndef TESTS_UNIT_FRAME_LIST_H
#define TESTS_UNIT_FRAME_LIST_H

#include "analyzer/frame.h"
#include <stddef.h>
#include <stdlib.h>

#define FRAME_LISTS   8 /* that stay good: the one after takes the place of the oldest */
#define FRAMES_LISTED 16

static inline const struct frame *const *frame_list(const struct frame *frames, size_t count)
{
	static const struct frame *lists[FRAME_LISTS][FRAMES_LISTED];
	static size_t number;
	const struct frame **list = lists[number++ % FRAME_LISTS];
	size_t i;

	if (count > FRAMES_LISTED)
		abort();
	for (i = 0; i < count; i++)
		list[i] = &frames[i];
	return list;
}

#endif
