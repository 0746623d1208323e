/* SPDX-License-Identifier: MIT */
/*
 * heap_ahead.h - brings pages of the shadow maps into memory some at a time.
 *
 * A page of the map that is written to for the first time brings its neighbours along: the more,
 * the more are in use, and never so many that those which nothing was written to yet are more than
 * a quarter of those in use. For there are heaps with a block here and there. Async-signal-safe.
 */
#ifndef TL_HEAP_AHEAD_H
#define TL_HEAP_AHEAD_H

#include "heap_map.h"

#define TL_AHEAD_MOST 32u /* pages: 2 MiB of the heap; a power of 2 */

/* A cell of this page of the leaf is about to be written to. */
void tl_ahead_use(struct tl_map_leaf *leaf, uintptr_t index, uint32_t page, uint32_t most);

#endif
