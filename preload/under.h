/* SPDX-License-Identifier: MIT */
/*
 * under.h - was the parent started under the shim too?
 *
 * A script with a thousand children must stay readable: only the outermost process says that it is
 * clean. Read from the parent's memory map at the moment of the question; false when it cannot be
 * read, true when the parent has gone meanwhile, since then nobody can tell. Async-signal-safe.
 */
#ifndef TL_UNDER_H
#define TL_UNDER_H

#include "base.h"

void tl_under_init(void); /* remembers the parent */
bool tl_under_parent(void);

#endif
