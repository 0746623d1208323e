/* SPDX-License-Identifier: MIT */
/*
 * report_compact.h - the short report, by the process itself, where no analyzer can be started.
 *
 * Says how many timers were not stopped and where they were made. It has no verdicts and claims
 * none: what is held on purpose counts too.
 */
#ifndef TL_REPORT_COMPACT_H
#define TL_REPORT_COMPACT_H

#include "base.h"
#include "report_facts.h"

/* `why` is a sentence without a full stop. */
void tl_report_compact(int fd, const struct tl_facts *facts, const char *why);

/* The one line of a process that made no timer. */
void tl_report_clean_line(int fd);

#endif
