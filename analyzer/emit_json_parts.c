/* SPDX-License-Identifier: MIT */
#include "emit_json_parts.h"
#include "report.h"
#include "strbuf.h"
#include "utf8.h"

#include <string.h>

/* ---- text --------------------------------------------------------------------------------- */

json_t *json_text(const char *text)
{
	struct strbuf clean = STRBUF_INIT;
	const unsigned char *p = (const unsigned char *)text;
	json_t *value = NULL;

	if (!text)
		return json_null();
	while (*p) {
		size_t len = utf8_sequence(p);

		strbuf_add(&clean, len ? (const char *)p : UTF8_UNKNOWN, len ? len : 3);
		p += len ? len : 1;
	}
	if (!clean.failed)
		value = json_stringn(clean.data ? clean.data : "", clean.len);
	strbuf_free(&clean);
	return value;
}

/* ---- stacks ------------------------------------------------------------------------------- */

static json_t *frame_json(const struct frame *frame)
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
		json_array_append_new(list, frame_json(&stack->frames[i]));
	return list;
}

/* ---- processes ---------------------------------------------------------------------------- */

static json_t *argv_json(const struct tl_header *header)
{
	json_t *list = json_array();
	const char *p = header->argv, *end = header->argv + header->argv_len;

	while (p < end) {
		json_array_append_new(list, json_text(p));
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
