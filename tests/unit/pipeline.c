/* SPDX-License-Identifier: MIT */
#include "pipeline.h"
#include "analyzer/emit_heap.h"
#include "analyzer/emit_json.h"
#include "analyzer/emit_text.h"
#include "analyzer/formats.h"
#include "analyzer/trace_read.h"
#include "analyzer/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGES 4

static void give_up(const char *what, const char *text)
{
	fprintf(stderr, "pipeline: %s\n%s\n", what, text);
	abort();
}

/* Line ends are the writer's own, colours were not asked for. */
static void check_text(const char *text)
{
	const char *p = text;
	uint32_t c;

	while (*p) {
		size_t len = utf8_decode(p, &c);

		if (!len)
			give_up("the text is not UTF-8", text);
		if (utf8_is_harmful(c) && c != '\n')
			give_up("the text has a character that harms", text);
		p += len;
	}
}

static void check_json(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		give_up(error.text, text);
	json_decref(root);
	check_text(text);
}

/* ---- writers ------------------------------------------------------------------------------ */

static void finish(struct strbuf *out, int failed, void (*check)(const char *))
{
	if (failed || out->failed)
		give_up("a writer failed", "");
	if (check && out->data)
		check(out->data);
	strbuf_free(out);
}

static void write_report(const struct report *report, const struct gate *gate)
{
	struct strbuf out = STRBUF_INIT;

	finish(&out, emit_text(&out, report, gate, false), check_text);
	finish(&out, emit_text(&out, report, gate, true), NULL);
	finish(&out, emit_text_summary(&out, report, gate, false), check_text);
	finish(&out, emit_json(&out, report, gate), check_json);
}

static void write_profile(const struct heap_profile *profile)
{
	struct strbuf out = STRBUF_INIT;

	finish(&out, emit_heap_text(&out, profile), check_text);
	finish(&out, emit_heap_json(&out, profile), check_json);
}

/* Of those in the table of formats, all that are neither text nor JSON of ours. */
static void write_formats(const struct report *report, const struct gate *gate,
			  struct symbolizer *sym, const struct heap_profile *profile)
{
	static const char *const names[] = {"pprof", "folded", "sarif",	 "junit",
					    "html",  "github", "gitlab", "heap"};
	const struct format_input in = {.report = report, .gate = gate, .sym = sym};
	struct strbuf out = STRBUF_INIT;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct format *format = format_by_name(names[i], strlen(names[i]));
		bool is_text = strcmp(names[i], "pprof") && strcmp(names[i], "heap");
		void (*check)(const char *) = is_text ? check_text : NULL;

		if (format && format->report)
			finish(&out, format->report(&out, &in), check);
		if (format && format->heap)
			finish(&out, format->heap(&out, profile), check);
	}
}

/* ---- from bytes --------------------------------------------------------------------------- */

static size_t next_trace(const uint8_t *data, size_t len)
{
	size_t at;

	for (at = 4096; at + sizeof(TL_MAGIC) <= len; at += 4096)
		if (memcmp(data + at, TL_MAGIC, sizeof(TL_MAGIC)) == 0)
			return at;
	return len;
}

static size_t read_images(struct image *images, const uint8_t *data, size_t len)
{
	size_t count = 0;

	do {
		size_t size = next_trace(data, len);
		/* A copy of its own: an over-read is seen. */
		struct trace_bytes bytes = {.data = malloc(size ? size : 1), .len = size};
		char error[256];

		if (size)
			memcpy(bytes.data, data, size);
		if (trace_read(&images[count], &bytes, "a trace", error, sizeof(error)) == 0)
			count++;
		else
			image_free(&images[count]);
		trace_bytes_free(&bytes);
		data += size;
		len -= size;
	} while (len && count < IMAGES);
	return count;
}

static void report_images(const struct image **ordered, size_t count, struct symbolizer *sym)
{
	const struct report_options options = {.leak_kinds = ~0u};
	const struct gate_limits limits = {.max_leaks = 0, .max_undrained = 0};
	struct suppressions *rules = suppressions_new();
	struct heap_profile profile;
	struct report report;
	struct gate gate;

	if (!rules || suppressions_add_defaults(rules))
		give_up("no rules", "");
	report_order_images(ordered, count);
	if (report_build(&report, ordered, count, sym, rules, &options) ||
	    heap_profile_build(&profile, ordered, count, sym))
		give_up("the report could not be built", "");
	gate_judge(&gate, &limits, &report);
	write_report(&report, &gate);
	write_profile(&profile);
	write_formats(&report, &gate, sym, &profile);
	heap_profile_free(&profile);
	report_free(&report);
	suppressions_free(rules);
}

bool pipeline_run(const uint8_t *data, size_t len)
{
	const struct symbolizer_options options = {.symbolize = true};
	const struct image *ordered[IMAGES];
	struct image images[IMAGES];
	size_t count = read_images(images, data, len), i;
	struct symbolizer *sym;

	if (!count)
		return false;
	for (i = 0; i < count; i++)
		ordered[i] = &images[i];
	sym = symbolizer_new(&options);
	if (!sym)
		give_up("no symbolizer", "");
	report_images(ordered, count, sym);
	symbolizer_free(sym);
	for (i = 0; i < count; i++)
		image_free(&images[i]);
	return true;
}

/* Under ASan: freed memory is used again sooner, which is half of the time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8:max_malloc_fill_size=0";
}
