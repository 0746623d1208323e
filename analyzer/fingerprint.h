/* SPDX-License-Identifier: MIT */
/*
 * fingerprint.h - the name of a site that survives rebuilds, ASLR and moved lines; and which frames
 * of a stack are the user's. Pure.
 */
#ifndef ANALYZER_FINGERPRINT_H
#define ANALYZER_FINGERPRINT_H

#include "frame.h"
#include <stddef.h>

#define FINGERPRINT_SIZE 17

/* Neither the shim's nor the libc's nor the start-up code that calls main. */
bool frame_is_user(const struct frame *frame);

/* 16 hex digits over the timer kind and the user's function names, inlined ones included;
 * module and offset where a name is missing. All frames if none is the user's. */
void fingerprint_make(char out[FINGERPRINT_SIZE], uint32_t timer_kind,
		      const struct frame *const *frames, size_t count);

#endif
