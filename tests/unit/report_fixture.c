/* SPDX-License-Identifier: MIT */
#include "report_fixture.h"
#include "analyzer/trace_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "report_fixture: %s\n", what);
		abort();
	}
}

struct report_fixture *report_fixture_new(void)
{
	const struct symbolizer_options options = {.symbolize = true};
	struct report_fixture *f = calloc(1, sizeof(*f));

	must(f != NULL, "out of memory");
	f->options.leak_kinds = LEAK_KINDS_DEFAULT;
	f->sym = symbolizer_new(&options);
	f->rules = suppressions_new();
	must(f->sym && f->rules, "out of memory");
	return f;
}

void report_fixture_free(struct report_fixture *f)
{
	size_t i;

	report_free(&f->report);
	for (i = 0; i < f->count; i++) {
		image_free(&f->images[i]);
		trace_maker_free(f->makers[i]);
	}
	suppressions_free(f->rules);
	symbolizer_free(f->sym);
	free(f);
}

struct trace_maker *report_fixture_image(struct report_fixture *f, uint32_t pid)
{
	must(f->count < FIXTURE_IMAGES, "too many images");
	f->makers[f->count] = trace_maker_new(pid);
	return f->makers[f->count++];
}

void report_fixture_suppress(struct report_fixture *f, const char *rules)
{
	char error[256];

	must(suppressions_parse(f->rules, "test", rules, strlen(rules), error, sizeof(error)) == 0,
	     "the rules do not parse");
}

const struct report *report_fixture_build(struct report_fixture *f)
{
	char error[256];
	size_t i;

	for (i = 0; i < f->count; i++) {
		const struct trace_bytes bytes = trace_maker_bytes(f->makers[i]);

		must(trace_read(&f->images[i], &bytes, "test", error, sizeof(error)) == 0, error);
		f->ordered[i] = &f->images[i];
	}
	report_order_images(f->ordered, f->count);
	must(report_build(&f->report, f->ordered, f->count, f->sym, f->rules, &f->options) == 0,
	     "out of memory");
	return &f->report;
}
