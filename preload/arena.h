/* SPDX-License-Identifier: MIT */
/*
 * arena.h - private memory for the shim's tables, and the one place that includes uthash.
 *
 * mmap'ed in blocks of 64 KiB, size-class free lists, never the host's malloc. uthash's own
 * allocation goes here, and its out-of-memory path returns instead of ending the host
 * (HASH_NONFATAL_OOM; the element is then not in the table and its `oom` is set by the macro
 * below). Section held for every call.
 */
#ifndef TL_ARENA_H
#define TL_ARENA_H

#include "base.h"

void *tl_arena_alloc(size_t size); /* zeroed; NULL when the kernel gives no more */
void tl_arena_free(void *p, size_t size);
size_t tl_arena_bytes(void); /* mapped */
void tl_arena_reserve(void); /* some, for when no more can be had */
/* Child of a fork: everything is forgotten. inside: a handler that interrupted us forked, and what
 * we were looking at reads as zeroes. */
void tl_arena_reset(bool inside);

#define HASH_NONFATAL_OOM  1
#define uthash_malloc(sz)  tl_arena_alloc(sz)
#define uthash_free(p, sz) tl_arena_free((p), (sz))
/* Users set `oom` to NULL-able local state: every table add is followed by a look at hh.tbl. */
#define uthash_nonfatal_oom(obj)	  ((obj)->hh.tbl = NULL)
#define uthash_fatal(msg)		  ((void)0)
#define HASH_FUNCTION(key, keylen, hashv) ((hashv) = tl_arena_hash((key), (keylen)))

static inline unsigned tl_arena_hash(const void *key, size_t size)
{
	const char *p = key;
	uint64_t h = 0x9e3779b97f4a7c15u;

	/* All keys are whole words. */
	for (size_t i = 0; i + sizeof(h) <= size; i += sizeof(h)) {
		uint64_t word;

		__builtin_memcpy(&word, p + i, sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return (unsigned)h;
}

#include <uthash.h>

#endif
