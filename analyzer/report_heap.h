/* SPDX-License-Identifier: MIT */
/*
 * report_heap.h - what a report says of the heap besides its timers: how it was recorded, and what
 * stopped timers left behind.
 */
#ifndef ANALYZER_REPORT_HEAP_H
#define ANALYZER_REPORT_HEAP_H

#include "report.h"

/* From report.group and the images to report.heap and left_heap. 0, or -1 on lack of memory. */
int report_collect_heap(struct report *report);

#endif
