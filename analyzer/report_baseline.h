/* SPDX-License-Identifier: MIT */
/*
 * report_baseline.h - which timers of a report a baseline knows already: by fingerprint, and no
 * more of them than it has.
 */
#ifndef ANALYZER_REPORT_BASELINE_H
#define ANALYZER_REPORT_BASELINE_H

#include "report.h"

/* Sets `baselined` of the entries, which are judged and not yet in order. 0, or -1 on lack of
 * memory. */
int report_apply_baseline(struct report *report);

#endif
