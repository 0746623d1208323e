/* SPDX-License-Identifier: MIT */
/*
 * life_inherit.h - timerfds that somebody else made: they are watched, never counted as created.
 * Single-threaded moments only: start of the image, child of a fork.
 */
#ifndef TL_LIFE_INHERIT_H
#define TL_LIFE_INHERIT_H

#include "base.h"

struct tl_inherited_fd {
	int fd, clock;
	uint32_t slot; /* in the parent's trace: the same for descriptors of one timer */
};

struct tl_inherited {
	struct tl_inherited_fd *items; /* scratch mapping */
	size_t count, size;
	size_t unknown; /* more of them, in the shim's own table */
};

void tl_inherit_from_exec(void); /* at the start: what stands open already */

void tl_inherit_prepare(void); /* before a fork, section held */
/* Around the forgetting of the parent's tables; adopt releases the scratch. flags: TL_HDR_*. */
void tl_inherit_collect(struct tl_inherited *inherited);
void tl_inherit_adopt(struct tl_inherited *inherited, uint32_t flags);

#endif
