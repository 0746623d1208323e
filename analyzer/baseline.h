/* SPDX-License-Identifier: MIT */
/*
 * baseline.h - a saved report (JSON, schema timerleak/1) read back, trusting nothing in it: what
 * --baseline and diff compare with.
 *
 * Strings belong to the JSON that the struct owns. An error names the file and the place: line and
 * column where the text is no JSON, the path of the value ("sites[3].count") where it is another.
 */
#ifndef ANALYZER_BASELINE_H
#define ANALYZER_BASELINE_H

#include "classify.h"
#include "fingerprint.h"
#include "frame.h"
#include "trace_bytes.h"
#include <jansson.h>

struct baseline_site {
	const char *fingerprint; /* 16 hex digits */
	bool timerfd;
	enum verdict_kind kind;
	const char *class;
	const char *suppressed_by; /* or NULL */
	uint64_t count, undrained, retained_bytes;
	struct frame *own_frames;
	const struct frame **frames; /* those, innermost first; modules have no flags */
	size_t frame_count;
};

struct baseline {
	json_t *root;
	bool complete;
	uint64_t undrained_unknown;
	struct baseline_site *sites;
	size_t site_count;
};

/* 0, or -1 with "name:line:column: what" in error. baseline_free() is right after either. */
int baseline_parse(struct baseline *baseline, const char *name, const char *text, size_t len,
		   char *error, size_t size);
int baseline_parse_bytes(struct baseline *baseline, const char *name,
			 const struct trace_bytes *bytes, char *error, size_t size);
int baseline_load(struct baseline *baseline, const char *path, char *error, size_t size);
void baseline_free(struct baseline *baseline);

#endif
