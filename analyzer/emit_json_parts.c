/* SPDX-License-Identifier: MIT */
#include "emit_json_parts.h"
#include "report.h"
#include "safe.h"
#include "util.h"

#include <string.h>

/* ---- building and writing ----------------------------------------------------------------- */

/* A parent that lost a child would be a report that is short of a leak without saying so. */
static void drop_if(int failed, json_t **parent)
{
	if (!failed)
		return;
	json_decref(*parent);
	*parent = NULL;
}

void json_push(json_t **list, json_t *value)
{
	drop_if(json_array_append_new(*list, value), list);
}

void json_put(json_t **object, const char *key, json_t *value)
{
	drop_if(json_object_set_new(*object, key, value), object);
}

static int add_chunk(const char *chunk, size_t len, void *text)
{
	strbuf_add(text, chunk, len);
	return 0;
}

/* json_dumps() does not look whether a key got into its buffer (Jansson 2.14, dump.c): a strbuf
 * remembers that something is missing. */
int json_write(struct strbuf *out, json_t *root, size_t indent)
{
	struct strbuf text = STRBUF_INIT;
	int failed = !root || json_dump_callback(root, add_chunk, &text, JSON_INDENT(indent));

	json_decref(root);
	if (!failed && !text.failed && text.data)
		safe_json(out, text.data);
	strbuf_puts(out, "\n");
	failed |= text.failed || out->failed;
	strbuf_free(&text);
	return failed ? -1 : 0;
}

/* ---- text --------------------------------------------------------------------------------- */

json_t *json_text(const char *text)
{
	struct strbuf clean = STRBUF_INIT;
	json_t *value = NULL;

	if (!text)
		return json_null();
	safe_utf8(&clean, text);
	if (!clean.failed)
		value = json_stringn(clean.data ? clean.data : "", clean.len);
	strbuf_free(&clean);
	return value;
}

/* ---- stacks ------------------------------------------------------------------------------- */

json_t *json_frame(const struct frame *frame)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:I}", "function",
			 json_text(frame->function), "file", json_text(frame->file), "line",
			 frame->line > 0 ? json_integer(frame->line) : json_null(), "inlined",
			 frame->inlined, "module", json_text(frame->module), "build_id",
			 frame->build_id && *frame->build_id ? json_text(frame->build_id)
							     : json_null(),
			 "offset", (json_int_t)frame->offset);
}

json_t *json_stack(const struct merged_stack *stack)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < stack->count; i++)
		json_push(&list, json_frame(stack->frames[i]));
	return list;
}

/* ---- processes ---------------------------------------------------------------------------- */

static json_t *argv_json(const struct tl_header *header)
{
	json_t *list = json_array();
	const char *p = header->argv, *end = header->argv + header->argv_len;

	while (p < end) {
		json_push(&list, json_text(p));
		p += strnlen(p, (size_t)(end - p)) + 1;
	}
	return list;
}

/* Unlimited is null, as is what was not looked at. */
static json_t *limit_json(const struct tl_header *header, uint64_t value)
{
	if (!(header->flags & TL_HDR_LIMITS) || value > INT64_MAX)
		return json_null();
	return json_integer((json_int_t)value);
}

static json_t *limits_json(const struct tl_header *header)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "sigpending_used",
			 limit_json(header, header->sigpending_used), "sigpending_max",
			 limit_json(header, header->sigpending_max), "nofile_used",
			 limit_json(header, header->nofile_used), "nofile_max",
			 limit_json(header, header->nofile_max));
}

json_t *json_process(const struct image *image)
{
	const struct tl_header *header = &image->header;
	bool killed = header->end_state == TL_END_SIGNAL && !image->alive;

	return json_pack(
	    "{s:I, s:I, s:o, s:o, s:s, s:o, s:o, s:I, s:o}", "pid", (json_int_t)header->pid, "ppid",
	    (json_int_t)header->ppid, "exe", json_text(header->exe), "argv", argv_json(header),
	    "ended", report_ended(image), "status",
	    image_ended_by_itself(image) && !image->alive ? json_integer(header->end_status)
							  : json_null(),
	    "signal", killed ? json_integer(header->end_status) : json_null(), "inherited",
	    (json_int_t)((uint64_t)header->inherited_fork + header->inherited_exec), "limits",
	    limits_json(header));
}
