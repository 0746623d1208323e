/* SPDX-License-Identifier: MIT */
/*
 * unwind_frames.h - the calling thread's frames, whatever they look like.
 *
 * Where the rules do not suffice: through signal handlers, on stacks that are not the thread's own,
 * through frames that only an expression finds, and by frame pointers through code that nothing
 * describes (made at run time). About 20 ns a frame that has a rule, 1 us one that has none, and a
 * system call for each page of a stack that is not known. No lock, no memory: async-signal-safe.
 */
#ifndef TL_UNWIND_FRAMES_H
#define TL_UNWIND_FRAMES_H

#include "unwind_expr.h"

struct tl_frames {
	unsigned depth;
	bool whole;   /* as many as were wanted, or to the outermost; false: it is not known how it
		       * goes on */
	bool guessed; /* by frame pointers, within a loaded object that should be described */
	bool cut;     /* whole as far as anybody knows: from there on in code made at run time */
};

/* Innermost first. peek: what is known of this thread's stacks; NULL: nothing. called: by whom to
 * begin; NULL, or where that cannot do: with our own. */
struct tl_frames tl_frames_walk(const struct tl_peek *peek, const struct tl_called *called,
				void **ips, unsigned most);

/* The innermost frame that `inner` does not claim; false: not found. */
bool tl_frames_outer(bool (*inner)(uintptr_t ip), struct tl_registers *registers);

#endif
