/* SPDX-License-Identifier: MIT */
/*
 * heap_summary.h - what was recorded of the heap, over all images: how, how much, how completely.
 */
#ifndef ANALYZER_HEAP_SUMMARY_H
#define ANALYZER_HEAP_SUMMARY_H

#include "model.h"

enum reach { REACH_NONE, REACH_DONE, REACH_CUT };

struct heap_summary {
	size_t images[HEAP_FULL + 1]; /* by heap_mode */
	uint64_t sample;	      /* mean bytes between samples; 0: none, or not one number */
	uint64_t lost_blocks;
	size_t live_images;		  /* in which what lives was counted exactly */
	uint64_t live_blocks, live_bytes; /* of these */
	enum reach reach;		  /* cut: in some image */
	uint64_t longest_cut;		  /* ns that a search took before it was cut short */
};

struct heap_summary heap_summary_of(const struct image *const *images, size_t count);

/* Objects as a trace counts them, in 1/TL_HEAP_ONE, to whole ones. */
uint64_t heap_objects(uint64_t parts);

/* "off", "sampled", "full", "mixed" */
const char *heap_summary_mode(const struct heap_summary *summary);
/* "none", "done", "cut" */
const char *heap_summary_reach(const struct heap_summary *summary);

#endif
