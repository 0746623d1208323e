/* SPDX-License-Identifier: MIT */
/*
 * unwind_exit.h - does this call come from inside exit() or quick_exit()?
 *
 * Handlers, destructors and what they free run below the frame of one of them, also after a return
 * from main, which the libc turns into a call that no hook sees. Async-signal-safe after init.
 */
#ifndef TL_UNWIND_EXIT_H
#define TL_UNWIND_EXIT_H

#include "base.h"

void tl_unwind_exit_init(void);
/* Return addresses of the calling thread, innermost first; cut: there are more, which are then
 * looked for here. */
bool tl_unwind_in_exit(void *const *ips, unsigned depth, bool cut);

#endif
