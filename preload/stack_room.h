/* SPDX-License-Identifier: MIT */
/*
 * stack_room.h - whether there is stack enough to unwind on.
 *
 * libunwind's cursor, context and state take 5.6 KiB (measured, 1.6.2). A handler's alternate stack
 * may have less left than that and no guard page below it, and so may a thread of
 * PTHREAD_STACK_MIN: where the host's own calls fit, ours must.
 */
#ifndef TL_STACK_ROOM_H
#define TL_STACK_ROOM_H

#include "base.h"

bool tl_stack_has_room(void);

#endif
