/* SPDX-License-Identifier: MIT */
/*
 * sink_note.h - notes that come before the trace, and their place in it: part of sink.h.
 *
 * Section held for all of it.
 */
#ifndef TL_SINK_NOTE_H
#define TL_SINK_NOTE_H

#include "base.h"
#include "tl_format.h"

struct tl_note *tl_sink_add_note(const struct tl_note *note); /* in the trace; NULL if full */
void tl_sink_notes_flush(void);				      /* the trace has begun */
void tl_sink_notes_forked(void);

#endif
