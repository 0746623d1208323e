/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - the live timers of a site over time, over all images: the series of tl_site.line,
 * brought to one step and added up.
 *
 * An image's timers end with it: what it left counts up to its end, and in the last interval only
 * if that is when the last image ended, or if it lives on.
 */
#ifndef ANALYZER_TIMELINE_H
#define ANALYZER_TIMELINE_H

#include "model.h"

struct timeline {
	uint32_t shift;		  /* intervals of 2^shift ns; 0: no timer was made */
	uint64_t first;		  /* number of the first interval, counted from 1970 */
	size_t count;		  /* of intervals, up to TL_POINTS */
	uint64_t live[TL_POINTS]; /* at the end of each, of all images */
	uint64_t high[TL_POINTS]; /* the most that one image had at once */
	bool unknown;		  /* an image does not tell: nothing above counts */

	/* Until it is finished: what lives on, and what the image that ended last left. */
	uint64_t alive, left, end;
};

/*
 * The same while it is added up. Most sites are of one image: then nothing is written down until it
 * is asked for, which of many sites saves more memory than all else of a report takes.
 */
struct timeline_sum {
	const struct image *image; /* the only one so far, whose records stay; NULL: none */
	const struct tl_site *site;
	struct timeline *line; /* of several */
};

/* 0, or -1 on lack of memory. */
int timeline_sum_add(struct timeline_sum *sum, const struct image *image,
		     const struct tl_site *site);
void timeline_sum_free(struct timeline_sum *sum);
/* Whether there is one to be shown: finished, in *line. */
bool timeline_sum_get(const struct timeline_sum *sum, struct timeline *line);

void timeline_add(struct timeline *sum, const struct image *image, const struct tl_site *site);
void timeline_finish(struct timeline *sum);

/* There is one to be shown. */
bool timeline_known(const struct timeline *timeline);

#endif
