/* SPDX-License-Identifier: MIT */
/*
 * suppress_match.h - patterns of suppression rules against names and frames. Pure.
 */
#ifndef ANALYZER_SUPPRESS_MATCH_H
#define ANALYZER_SUPPRESS_MATCH_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>

#define SUPPRESS_ANY_FRAMES "..."

/* `text` may be NULL: then nothing matches. */
bool suppress_match_text(const char *pattern, const char *text);
/* The whole path, or what follows its last slash. */
bool suppress_match_path(const char *pattern, const char *path);
/* Function, file or module. */
bool suppress_match_frame(const char *pattern, const struct frame *frame);
/* The patterns one after the other from frame 0 on; frames may be left over. */
bool suppress_match_stack(const char *const *patterns, size_t pattern_count,
			  const struct frame *const *frames, size_t frame_count);

#endif
