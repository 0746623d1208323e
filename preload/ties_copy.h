/* SPDX-License-Identifier: MIT */
/*
 * ties_copy.h - a block that was copied before it is freed, as a std::vector does when it grows:
 * part of ties.h.
 *
 * Its handles are not lost, though their places are. Whoever made the copy has its address at hand:
 * in a register, or not far up the stack. The live blocks that words there point to are looked at,
 * so nothing has to be remembered of the calls that allocate. A copy that has its handles elsewhere
 * than they were (an element inserted before them) is not found, nor is any in a sandbox.
 */
#ifndef TL_TIES_COPY_H
#define TL_TIES_COPY_H

#include "ties_table.h"

static inline bool tl_ties_is_int(const struct tl_timer *timer) /* by the raw call */
{
	return tl_load(&timer->flags) & TL_F_INT_PLACE;
}

static inline size_t tl_ties_handle_size(const struct tl_timer *timer)
{
	return tl_ties_is_int(timer) ? 4 : 8;
}

static inline uint64_t tl_ties_handle(const struct tl_timer *timer)
{
	return tl_ties_is_int(timer) ? (uint32_t)timer->id : timer->id;
}

enum tl_copy {
	TL_COPY_NONE,
	TL_COPY_MAYBE, /* small numbers: nobody knows whether they are the handles */
	TL_COPY_SURE,
};

struct tl_copied {
	uintptr_t start;
	enum tl_copy is;
};

/* Section held. The live block that has every handle of the ties that are `held`, each where this
 * block has it. */
struct tl_copied tl_ties_copy_of(const struct tl_tied *b);

#endif
