/* SPDX-License-Identifier: MIT */
/*
 * formats.h - the one table of what -o can write: a line for each format, with what writes it.
 */
#ifndef ANALYZER_FORMATS_H
#define ANALYZER_FORMATS_H

#include "emit_diff.h"
#include "gate.h"
#include "heap_profile.h"
#include "strbuf.h"

/* What a report's writers may use; each looks at what it needs. */
struct format_input {
	const struct report *report; /* its images are in order */
	const struct gate *gate;
	struct symbolizer *sym;
	const char *source_root; /* as file names begin, or NULL */
	bool colored;
};

/* Writers append to `out` and give 0, or -1 on lack of memory. */
struct format {
	const char *name;
	const char *suffix; /* NULL: only by name */
	int (*report)(struct strbuf *out, const struct format_input *in);
	/* Of --heap-profile; NULL: this is no format of it. */
	int (*heap)(struct strbuf *out, const struct heap_profile *profile);
	/* Of diff; NULL: the same. */
	int (*diff)(struct strbuf *out, const struct diff_output *in);
};

/* NULL if there is none. A format without any writer is one of a later version. */
const struct format *format_by_name(const char *name, size_t len);
const struct format *format_by_suffix(const char *path);
/* In the order in which they are told; NULL after the last one. */
const struct format *format_at(size_t i);

#endif
