/* SPDX-License-Identifier: MIT */
/*
 * text_heap.h - lines of the text report about the heap.
 */
#ifndef ANALYZER_TEXT_HEAP_H
#define ANALYZER_TEXT_HEAP_H

#include "text_parts.h"

/* Where what the timers keep alive was allocated is known: text_retained() has something to say. */
bool text_has_retained(const struct entry *entry);
void text_retained(const struct text *text, const struct entry *entry);

/* The stack that freed, if one is known. */
void text_freed_by(const struct text *text, const struct entry *entry);

/* One line for each site whose stopped timers left blocks behind; how many lines. */
size_t text_left_heap(const struct text *text);

#endif
