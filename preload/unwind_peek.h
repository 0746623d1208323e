/* SPDX-License-Identifier: MIT */
/*
 * unwind_peek.h - words of a stack that may not be there.
 *
 * What is known to be a stack without a gap is read as it is; of all else the kernel is asked, once
 * for each page that a walk comes to. In a sandbox it cannot be asked: there only what follows
 * from a description is read, as it was before anybody asked. Async-signal-safe.
 */
#ifndef TL_UNWIND_PEEK_H
#define TL_UNWIND_PEEK_H

#include "sys.h"

struct tl_peek {
	struct {
		uintptr_t start, size;
	} known[2];	 /* size 0: none */
	uintptr_t asked; /* the last byte of the page that was asked for last; 0: none */
};

/* false: it cannot be read, or is no aligned word. */
static inline bool tl_peek(struct tl_peek *p, uintptr_t at, uintptr_t *value)
{
	if (!at || at & 7)
		return false;
	if (at - p->known[0].start >= p->known[0].size &&
	    at - p->known[1].start >= p->known[1].size && (at | 4095) != p->asked) {
		if (!tl_sys_readable((const void *)at, sizeof(*value)))
			return false;
		p->asked = at | 4095;
	}
	*value = *(const uintptr_t *)at;
	return true;
}

#endif
