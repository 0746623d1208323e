/* SPDX-License-Identifier: MIT */
/*
 * report.h - everything that is to be said about a set of images, in order and in numbers, before
 * any format: what the gate judges and the emitters write. No I/O.
 *
 * Owns its own arrays; strings belong to the images, the symbolizer and the suppressions, which
 * must outlive it. Over the same images it is always the same.
 */
#ifndef ANALYZER_REPORT_H
#define ANALYZER_REPORT_H

#include "baseline.h"
#include "group.h"
#include "heap_summary.h"
#include "suppress.h"
#include "util_words.h"

struct report_options {
	unsigned leak_kinds;		 /* KIND_BIT(...) */
	uint32_t main_pid;		 /* 0: the image marked run_main, else the first */
	bool incomplete;		 /* more is missing than the images know */
	const struct baseline *baseline; /* or NULL */
	bool gen_suppressions;		 /* a ready rule after each leak */
	bool no_own_rules;		 /* not even those that the programs brought */
};

struct report_summary {
	uint64_t created, stopped, live, leaked;
	uint64_t kinds[VERDICT_KINDS]; /* neither suppressed nor in a baseline */
	uint64_t suppressed, baselined;
	uint64_t undrained;	    /* neither suppressed nor in the baseline */
	uint64_t undrained_unknown; /* timers for which nobody can tell */
	uint64_t inherited, untracked, hazards, retained_bytes, sites;
	uint64_t lost_records, lost_stacks;
};

struct report_hazard {
	enum tl_hazard hazard;
	uint64_t count;
	const struct merged_site *site; /* NULL: came through exec, made by another image */
};

struct report {
	struct report_options options;
	bool complete;
	uint32_t main_pid;
	struct report_summary summary;

	struct entry **entries; /* leaked first, most timers first */
	size_t entry_count;
	struct report_hazard *hazards;
	size_t hazard_count, hazard_capacity;
	struct heap_summary heap;
	const struct merged_site **left_heap; /* sites that left blocks behind, most bytes first */
	size_t left_heap_count;
	const struct image *const *images; /* by start */
	size_t image_count;
	char **warnings; /* one sentence each: what limits this report */
	size_t warning_count, warning_capacity;

	struct group *group;
	struct words words; /* of the entries */
	/* Borrowed; may be NULL. Begun anew, with the images' own rules. */
	struct suppressions *suppressions;
	char *own_rules_error; /* why some are not used; NULL: none is wrong */
};

/*
 * Builds the report over images that are sorted by start (report_order_images). 0, or -1 on lack
 * of memory; report_free() is right after either.
 */
int report_build(struct report *report, const struct image *const *images, size_t count,
		 struct symbolizer *sym, struct suppressions *suppressions,
		 const struct report_options *options);
void report_free(struct report *report);

/* The first image of this pid; with 0 the one marked run_main, else the first. NULL if none is. */
const struct image *report_main_image(const struct image *const *images, size_t count,
				      uint32_t pid);
/* The main process as it ended: of a chain of execs the last image. NULL if it is not there. */
const struct image *report_end_image(const struct report *report);

void report_order_images(const struct image **images, size_t count);

/* One more sentence; copies it. 0, or -1 on lack of memory. */
int report_warn(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How an image ended, in the words of the JSON schema. */
const char *report_ended(const struct image *image);

#endif
