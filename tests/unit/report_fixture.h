/* SPDX-License-Identifier: MIT */
/*
 * report_fixture.h - from trace makers to a report in one call, for tests. Mistakes abort.
 */
#ifndef REPORT_FIXTURE_H
#define REPORT_FIXTURE_H

#include "analyzer/report.h"
#include "trace_maker.h"

#define FIXTURE_IMAGES 4

struct report_fixture {
	struct trace_maker *makers[FIXTURE_IMAGES];
	struct image images[FIXTURE_IMAGES];
	const struct image *ordered[FIXTURE_IMAGES];
	size_t count;
	struct symbolizer *sym;
	struct suppressions *rules;
	struct report report;
	struct report_options options;
};

struct report_fixture *report_fixture_new(void);
void report_fixture_free(struct report_fixture *f);

/* Each pid once; the maker belongs to the fixture. */
struct trace_maker *report_fixture_image(struct report_fixture *f, uint32_t pid);
void report_fixture_suppress(struct report_fixture *f, const char *rules);

/* Reads what was made and builds f->report. */
const struct report *report_fixture_build(struct report_fixture *f);

#endif
