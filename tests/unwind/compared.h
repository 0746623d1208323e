/* SPDX-License-Identifier: MIT */
/*
 * compared.h - for a build of the shim in which each trace by rules is made by libunwind too
 * (-DTL_UNWIND_CHECK). The file that TL_UNWIND_CHECK names, 4 KiB of zeros, gets the counts and the
 * first differences; processes and their children share it.
 */
#ifndef COMPARED_H
#define COMPARED_H

#include "stack.h"

void compared_traces(const struct tl_trace *ours, const struct tl_trace *theirs);
void compared_nothing(void); /* the rules did not suffice */

#endif
