/* SPDX-License-Identifier: MIT */
/*
 * diff.h - two saved reports, site by site: what is new, grown, shrunk, gone. Sites are the same
 * whose fingerprint is. Pure; frames and strings belong to the reports.
 */
#ifndef ANALYZER_DIFF_H
#define ANALYZER_DIFF_H

#include "baseline.h"
#include "suppress.h"

enum diff_change { DIFF_NEW, DIFF_GROWN, DIFF_SHRUNK, DIFF_GONE, DIFF_SAME, DIFF_CHANGES };

struct diff_numbers {
	uint64_t leaked, undrained, retained_bytes;
};

struct diff_site {
	const struct baseline_site
	    *shown; /* whose stack and class are told: the new one's, if any */
	struct diff_numbers base, now;
	enum diff_change change;
};

struct diff {
	struct diff_site *sites; /* by change, then by how much */
	size_t count;
	size_t changes[DIFF_CHANGES]; /* sites */
	uint64_t more, fewer;	      /* timers, over all sites */
	struct diff_numbers base, now;
	/* Of processes that were killed or still ran: they may leak, and none is counted. */
	uint64_t base_undecided, now_undecided;
	bool complete;
};

/* What counts as leaked is judged anew, in both. 0, or -1 on lack of memory; diff_free() is right
 * after either. */
int diff_make(struct diff *diff, const struct baseline *base, const struct baseline *now,
	      unsigned leak_kinds, struct suppressions *rules);
void diff_free(struct diff *diff);

const char *diff_change_name(enum diff_change change);

#endif
