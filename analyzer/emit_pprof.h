/* SPDX-License-Identifier: MIT */
/*
 * emit_pprof.h - a report and a heap profile in pprof's format.
 *
 * Of timers: an object is a timer, its space what it retains. A site's timers are told apart by
 * labels, one value a key: kind, class, state, clock, thread, pid.
 */
#ifndef ANALYZER_EMIT_PPROF_H
#define ANALYZER_EMIT_PPROF_H

#include "heap_profile.h"
#include "report.h"
#include "strbuf.h"

/* An entry has at most so many samples: with more, its threads, then its pids are not told apart.
 */
#define PPROF_PARTS_MAX 100

/* 0, or -1 on lack of memory. */
int emit_pprof(struct strbuf *out, const struct report *report, struct symbolizer *sym);
int emit_heap_pprof(struct strbuf *out, const struct heap_profile *profile);

#endif
