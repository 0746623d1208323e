/* SPDX-License-Identifier: MIT */
/*
 * report_entries.h - the entries of a report: worded, matched with the suppressions, in order.
 */
#ifndef ANALYZER_REPORT_ENTRIES_H
#define ANALYZER_REPORT_ENTRIES_H

#include "report.h"

/* From report.group to report.entries. 0, or -1 on lack of memory. */
int report_collect_entries(struct report *report);

#endif
