/* SPDX-License-Identifier: MIT */
#include "baseline.h"
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "timerleak/1"

/* Where a value stands, and the first thing that is wrong. */
struct place {
	const char *file;
	char *error;
	size_t size;
	size_t site;
	const char *list; /* "stack" inside one, else NULL */
	size_t item;
};

static int wrong(const struct place *at, const char *key, const char *what)
{
	if (at->list)
		snprintf(at->error, at->size, "%s: sites[%zu].%s[%zu].%s: %s", at->file, at->site,
			 at->list, at->item, key, what);
	else
		snprintf(at->error, at->size, "%s: sites[%zu].%s: %s", at->file, at->site, key,
			 what);
	return -1;
}

/* ---- values ------------------------------------------------------------------------------- */

static int take_count(const struct place *at, const json_t *object, const char *key,
		      uint64_t *value)
{
	const json_t *number = json_object_get(object, key);

	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return wrong(at, key, "a number, 0 or more, is expected");
	*value = (uint64_t)json_integer_value(number);
	return 0;
}

static int take_text(const struct place *at, const json_t *object, const char *key,
		     const char **value)
{
	*value = json_string_value(json_object_get(object, key));
	return *value ? 0 : wrong(at, key, "a text is expected");
}

/* Absent and null are the same here. */
static int take_optional_text(const struct place *at, const json_t *object, const char *key,
			      const char **value)
{
	const json_t *text = json_object_get(object, key);

	*value = json_string_value(text);
	return *value || !text || json_is_null(text) ? 0 : wrong(at, key, "a text is expected");
}

static int take_fingerprint(const struct place *at, const json_t *object, const char **value)
{
	if (take_text(at, object, "fingerprint", value))
		return -1;
	if (strlen(*value) != FINGERPRINT_SIZE - 1 || (*value)[strspn(*value, "0123456789abcdef")])
		return wrong(at, "fingerprint", "16 hex digits are expected");
	return 0;
}

static int take_timer(const struct place *at, const json_t *object, bool *timerfd)
{
	const char *text;

	if (take_text(at, object, "timer", &text))
		return -1;
	*timerfd = strcmp(text, "timerfd") == 0;
	return *timerfd || strcmp(text, "posix") == 0
		   ? 0
		   : wrong(at, "timer", "posix or timerfd is expected");
}

static int take_kind(const struct place *at, const json_t *object, enum verdict_kind *value)
{
	const char *text;
	int kind;

	if (take_text(at, object, "kind", &text))
		return -1;
	for (kind = KIND_DEFINITE; kind < VERDICT_KINDS; kind++) {
		*value = (enum verdict_kind)kind;
		if (strcmp(text, verdict_kind_name(*value)) == 0)
			return 0;
	}
	return wrong(at, "kind", "definite, possible, held or undecided is expected");
}

/* ---- stacks ------------------------------------------------------------------------------- */

/* What the trace knew of a module, as far as its name tells. */
static unsigned module_flags(const char *path)
{
	const char *name = path ? path_basename(path) : "";

	if (strcmp(name, "libtimerleak.so") == 0)
		return TL_MOD_SHIM;
	return strncmp(name, "libc.so.", 8) == 0 || strncmp(name, "ld-linux", 8) == 0 ? TL_MOD_LIBC
										      : 0;
}

static int take_frame(const struct place *at, const json_t *object, struct frame *frame)
{
	const json_t *line = json_object_get(object, "line");
	const json_t *offset = json_object_get(object, "offset");

	if (!json_is_object(object))
		return wrong(at, "function", "a frame is expected");
	if (take_optional_text(at, object, "function", &frame->function) ||
	    take_optional_text(at, object, "file", &frame->file) ||
	    take_optional_text(at, object, "module", &frame->module) ||
	    take_optional_text(at, object, "build_id", &frame->build_id))
		return -1;
	if (json_is_integer(line) && json_integer_value(line) > 0 &&
	    json_integer_value(line) <= INT32_MAX)
		frame->line = (int)json_integer_value(line);
	frame->offset = (uint64_t)json_integer_value(offset);
	frame->inlined = json_is_true(json_object_get(object, "inlined"));
	if (!frame->build_id)
		frame->build_id = "";
	frame->module_flags = module_flags(frame->module);
	return 0;
}

static int take_stack(struct place *at, const json_t *object, struct baseline_site *site)
{
	const json_t *stack = json_object_get(object, "stack");

	if (!json_is_array(stack))
		return wrong(at, "stack", "a list of frames is expected");
	site->own_frames = calloc(json_array_size(stack) + 1, sizeof(struct frame));
	site->frames = calloc(json_array_size(stack) + 1, sizeof(struct frame *));
	if (!site->own_frames || !site->frames)
		return wrong(at, "stack", "out of memory");
	at->list = "stack";
	for (at->item = 0; at->item < json_array_size(stack); at->item++) {
		struct frame *frame = &site->own_frames[at->item];

		if (take_frame(at, json_array_get(stack, at->item), frame))
			return -1;
		site->frames[at->item] = frame;
	}
	site->frame_count = at->item;
	at->list = NULL;
	return 0;
}

/* ---- sites -------------------------------------------------------------------------------- */

static int take_site(struct place *at, const json_t *object, struct baseline_site *site)
{
	if (take_fingerprint(at, object, &site->fingerprint) ||
	    take_timer(at, object, &site->timerfd) || take_kind(at, object, &site->kind) ||
	    take_text(at, object, "class", &site->class) ||
	    take_optional_text(at, object, "suppressed_by", &site->suppressed_by) ||
	    take_count(at, object, "count", &site->count) ||
	    take_count(at, object, "undrained", &site->undrained) ||
	    take_count(at, object, "retained_bytes", &site->retained_bytes))
		return -1;
	return take_stack(at, object, site);
}

static int take_sites(struct baseline *baseline, struct place *at)
{
	const json_t *list = json_object_get(baseline->root, "sites");
	size_t count = json_array_size(list);

	if (!json_is_array(list)) {
		snprintf(at->error, at->size, "%s: sites: a list is expected", at->file);
		return -1;
	}
	baseline->sites = calloc(count + 1, sizeof(*baseline->sites));
	if (!baseline->sites) {
		snprintf(at->error, at->size, "%s: out of memory", at->file);
		return -1;
	}
	baseline->site_count = count;
	for (at->site = 0; at->site < count; at->site++)
		if (take_site(at, json_array_get(list, at->site), &baseline->sites[at->site]))
			return -1;
	return 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int check_schema(const json_t *root, const struct place *at)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));

	if (schema && strcmp(schema, SCHEMA) == 0)
		return 0;
	/* What somebody else wrote goes to a terminal only if it is plain. */
	if (schema && strlen(schema) < 40 &&
	    !schema[strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789-/.")])
		snprintf(at->error, at->size, "%s: schema: '%s', where " SCHEMA " is expected",
			 at->file, schema);
	else
		snprintf(at->error, at->size,
			 "%s: this is no report of timerleak (no schema " SCHEMA ")", at->file);
	return -1;
}

static int load_json(struct baseline *baseline, const char *name, const char *text, size_t len,
		     char *error, size_t size)
{
	json_error_t where;

	*baseline = (struct baseline){0};
	if (len >= sizeof(TL_MAGIC) && memcmp(text, TL_MAGIC, sizeof(TL_MAGIC)) == 0) {
		snprintf(error, size,
			 "%s: this is a trace: make a JSON report of it first (timerleak report "
			 "-o x.json TRACE)",
			 name);
		return -1;
	}
	baseline->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!baseline->root)
		snprintf(error, size, "%s:%d:%d: %s", name, where.line, where.column, where.text);
	return baseline->root ? 0 : -1;
}

int baseline_parse(struct baseline *baseline, const char *name, const char *text, size_t len,
		   char *error, size_t size)
{
	struct place at = {.file = name, .error = error, .size = size};
	const json_t *complete, *unknown;

	if (load_json(baseline, name, text, len, error, size))
		return -1;
	if (check_schema(baseline->root, &at))
		return -1;
	complete = json_object_get(baseline->root, "complete");
	baseline->complete = json_is_true(complete);
	unknown = json_object_get(json_object_get(baseline->root, "summary"), "undrained_unknown");
	if (json_integer_value(unknown) > 0)
		baseline->undrained_unknown = (uint64_t)json_integer_value(unknown);
	return take_sites(baseline, &at);
}

int baseline_parse_bytes(struct baseline *baseline, const char *name,
			 const struct trace_bytes *bytes, char *error, size_t size)
{
	*baseline = (struct baseline){0};
	if (bytes->cut) {
		snprintf(error, size, "%s: longer than %llu MiB, the most that is read", name,
			 (unsigned long long)(TRACE_BYTES_MAX >> 20));
		return -1;
	}
	return baseline_parse(baseline, name, bytes->len ? (const char *)bytes->data : "",
			      bytes->len, error, size);
}

int baseline_load(struct baseline *baseline, const char *path, char *error, size_t size)
{
	struct trace_bytes bytes;
	char why[256];
	int status = trace_bytes_or_json(&bytes, path, why, sizeof(why));

	*baseline = (struct baseline){0};
	if (status)
		snprintf(error, size, "%s: %s", path, why);
	else
		status = baseline_parse_bytes(baseline, path, &bytes, error, size);
	trace_bytes_free(&bytes);
	return status;
}

void baseline_free(struct baseline *baseline)
{
	size_t i;

	for (i = 0; i < baseline->site_count; i++) {
		free(baseline->sites[i].own_frames);
		free(baseline->sites[i].frames);
	}
	free(baseline->sites);
	json_decref(baseline->root);
	*baseline = (struct baseline){0};
}
