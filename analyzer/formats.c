/* SPDX-License-Identifier: MIT */
#include "formats.h"
#include "emit_ci.h"
#include "emit_folded.h"
#include "emit_heap.h"
#include "emit_html.h"
#include "emit_json.h"
#include "emit_pprof.h"
#include "emit_text.h"
#include "util.h"

#include <string.h>

static int write_text(struct strbuf *out, const struct format_input *in)
{
	return emit_text(out, in->report, in->gate, in->colored);
}

static int write_json(struct strbuf *out, const struct format_input *in)
{
	return emit_json(out, in->report, in->gate);
}

static int write_pprof(struct strbuf *out, const struct format_input *in)
{
	return emit_pprof(out, in->report, in->sym);
}

static int write_folded(struct strbuf *out, const struct format_input *in)
{
	return emit_folded(out, in->report);
}

static int write_heap(struct strbuf *out, const struct format_input *in)
{
	struct heap_profile profile;
	int result =
	    heap_profile_build(&profile, in->report->images, in->report->image_count, in->sym);

	if (!result)
		result = emit_heap_pprof(out, &profile);
	heap_profile_free(&profile);
	return result;
}

static int write_html(struct strbuf *out, const struct format_input *in)
{
	return emit_html(out, in->report, in->gate, in->source_root);
}

/* clang-format off */
static const struct format formats[] = {
	{"text",   ".txt",    write_text, emit_heap_text, emit_diff_text},
	{"json",   ".json",   write_json, emit_heap_json, emit_diff_json},
	{"pprof",  ".pb.gz",  write_pprof, emit_heap_pprof, NULL},
	{"folded", ".folded", write_folded, emit_heap_folded, NULL},
	{"sarif",  ".sarif",  emit_sarif, NULL, NULL},
	{"junit",  ".xml",    emit_junit, NULL, NULL},
	{"html",   ".html",   write_html, NULL, NULL},
	{"github", NULL,      emit_github, NULL, NULL},
	{"gitlab", NULL,      emit_gitlab, NULL, NULL},
	{"heap",   NULL,      write_heap, emit_heap_pprof, NULL},
};
/* clang-format on */

const struct format *format_at(size_t i)
{
	return i < ARRAY_LEN(formats) ? &formats[i] : NULL;
}

const struct format *format_by_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(formats); i++)
		if (strlen(formats[i].name) == len && strncmp(formats[i].name, name, len) == 0)
			return &formats[i];
	return NULL;
}

const struct format *format_by_suffix(const char *path)
{
	size_t len = strlen(path), i;

	for (i = 0; i < ARRAY_LEN(formats); i++) {
		size_t n = formats[i].suffix ? strlen(formats[i].suffix) : len;

		if (n < len && strcmp(path + len - n, formats[i].suffix) == 0)
			return &formats[i];
	}
	return NULL;
}
