/* SPDX-License-Identifier: MIT */
/*
 * sink_rules.h - the suppressions that the program brings, in its trace: notes of the code
 * TL_NOTE_RULES, whose texts one after the other are the whole.
 */
#ifndef TL_SINK_RULES_H
#define TL_SINK_RULES_H

#include "base.h"

#define TL_RULES_MAX 16384 /* more is cut at a line's end, and a note says so */

/* Copies it: a library may be unloaded before the trace begins. Once. Takes the section itself. */
void tl_sink_rules(const char *text, size_t length);

/* Section held. */
void tl_sink_rules_flush(void); /* the trace has begun */
void tl_sink_rules_forked(void);

#endif
