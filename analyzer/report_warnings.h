/* SPDX-License-Identifier: MIT */
/*
 * report_warnings.h - what limits a report, in sentences: damage, losses, what no hook saw, the
 * shim's own notes, evidence that could not be had.
 */
#ifndef ANALYZER_REPORT_WARNINGS_H
#define ANALYZER_REPORT_WARNINGS_H

#include "report.h"

/* Needs the summary. 0, or -1 on lack of memory. */
int report_collect_warnings(struct report *report, struct symbolizer *sym);

#endif
