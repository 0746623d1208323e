/* SPDX-License-Identifier: MIT */
/*
 * heap_samples.h - heap=sampled: the blocks that were sampled, by address, and what each of them
 * was counted with.
 *
 * No lock and no system call, as those empty caches and cost more than all the rest of a sample:
 * a block has one owner, who enters and takes it, so that places need only be claimed. An address
 * may lie in WINDOW places from its hash on; where all are taken, in the next table, which is
 * larger. Async-signal-safe.
 */
#ifndef TL_HEAP_SAMPLES_H
#define TL_HEAP_SAMPLES_H

#include "base.h"

struct tl_counted {
	uint32_t heap; /* index of its tl_heap_stack; TL_NONE: was not counted after all */
	uint64_t objects, bytes;
};

bool tl_samples_add(uintptr_t address, const struct tl_counted *counted); /* false: no memory */
bool tl_samples_get(uintptr_t address, struct tl_counted *counted);
bool tl_samples_take(uintptr_t address, struct tl_counted *counted); /* out of the table */
void tl_samples_forked(void); /* in the child, where none of them counts */

#endif
