/* SPDX-License-Identifier: MIT */
/*
 * util_pool.h - memory for many small things that are all let go at once, in pieces so large that
 * the kernel can give huge pages: to touch memory for the first time, a page at a time, was half of
 * the time that a large report took.
 */
#ifndef ANALYZER_UTIL_POOL_H
#define ANALYZER_UTIL_POOL_H

#include <stddef.h>

/* All zero is an empty one. */
struct pool {
	struct pool_piece *pieces;
	char *next;
	size_t left;
};

/* Zeros, aligned for pointers and numbers; NULL on lack of memory. */
void *pool_take(struct pool *pool, size_t size);
void pool_free(struct pool *pool);

/* calloc() for an array that may be large and will be written to its end. */
void *array_zeroed(size_t count, size_t element);

#endif
