/* SPDX-License-Identifier: MIT */
/*
 * heap_hot.h - what every call of malloc and free reads, together on one cache line that hardly
 * anything writes to.
 */
#ifndef TL_HEAP_HOT_H
#define TL_HEAP_HOT_H

#include "base.h"

enum tl_heap_stage {
	TL_HEAP_FRESH, /* nothing was allocated yet, or not enough is known to */
	TL_HEAP_PASS,  /* off: calls go to what is below without another look */
	TL_HEAP_ON,
	TL_HEAP_LOOK, /* off, but there are blocks of heap_boot.h, or not all of what is below */
};

struct tl_map_leaf;

struct tl_heap_hot {
	_Alignas(64) uint32_t stage;
	struct tl_map_leaf **root; /* of heap_map.h; NULL until tl_map_init */
	/* Copies of tl_real_NAME, from the first allocation on. */
	void *(*malloc)(size_t);
	void (*free)(void *);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
};

TL_EXTERN struct tl_heap_hot tl_heap_hot;

/* The same by a second name, for the stage: compilers keep an address that they need again in a
 * register, which hooks would have to save first, also where the heap is off. */
TL_EXTERN struct tl_heap_hot tl_heap_entry;

#endif
