/* SPDX-License-Identifier: MIT */
#include "formats.h"
#include "emit_ci.h"
#include "emit_heap.h"
#include "emit_json.h"
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

/* clang-format off */
static const struct format formats[] = {
	{"text",   ".txt",    write_text, emit_heap_text, emit_diff_text},
	{"json",   ".json",   write_json, emit_heap_json, emit_diff_json},
	{"pprof",  ".pb.gz",  NULL,       NULL, NULL},
	{"folded", ".folded", NULL,       NULL, NULL},
	{"sarif",  ".sarif",  emit_sarif, NULL, NULL},
	{"junit",  ".xml",    emit_junit, NULL, NULL},
	{"html",   ".html",   NULL,       NULL, NULL},
	{"github", NULL,      emit_github, NULL, NULL},
	{"gitlab", NULL,      emit_gitlab, NULL, NULL},
	{"heap",   NULL,      NULL,       NULL, NULL},
};
/* clang-format on */

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
