/* SPDX-License-Identifier: MIT */
/*
 * stack_user.h - which frames of a stack are shown to its user. Pure.
 */
#ifndef ANALYZER_STACK_USER_H
#define ANALYZER_STACK_USER_H

#include "fingerprint.h"
#include "stack_index.h"

/* If not, all frames are shown: better than none. */
bool stack_has_user_frame(const struct merged_stack *stack);

/* The first frame of the user, else the first; NULL if there is none. */
const struct frame *stack_caller(const struct merged_stack *stack);

#endif
