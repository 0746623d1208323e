/* SPDX-License-Identifier: MIT */
/*
 * emit_folded.h - stacks as flamegraph.pl, inferno and speedscope read them: a line "a;b;c N" for
 * each, root first. Of the user's frames only, where a stack has any.
 */
#ifndef ANALYZER_EMIT_FOLDED_H
#define ANALYZER_EMIT_FOLDED_H

#include "heap_profile.h"
#include "report.h"
#include "strbuf.h"

/* N: leaked timers; bytes that live. Sorted, each stack once. 0, or -1 on lack of memory. */
int emit_folded(struct strbuf *out, const struct report *report);
int emit_heap_folded(struct strbuf *out, const struct heap_profile *profile);

#endif
