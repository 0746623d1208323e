/* SPDX-License-Identifier: MIT */
/*
 * Two libraries with the same code but for the size of a frame, so that the same return address
 * needs one rule in the one and another in the other.
 */
#ifndef UNWIND_SHAPE_H
#define UNWIND_SHAPE_H

#include <stddef.h>
#include <stdint.h>

typedef void *shape(void *(*call)(size_t), size_t size);

/* The frame is full of what looks like a return address. */
#define SHAPE(words)                                               \
	__attribute__((visibility("default"))) shape unwind_shape; \
	void *unwind_shape(void *(*call)(size_t), size_t size)     \
	{                                                          \
		volatile uintptr_t room[words];                    \
		void *p;                                           \
                                                                   \
		for (int i = 0; i < (words); i++)                  \
			room[i] = (uintptr_t)call + 1;             \
		p = call(size);                                    \
		room[size] = 2;                                    \
		return p;                                          \
	}

#endif
