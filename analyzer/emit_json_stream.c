/* SPDX-License-Identifier: MIT */
#include "emit_json_stream.h"
#include "emit_json_parts.h"
#include "safe.h"

#include <stdlib.h>
#include <string.h>

void json_stream_begin(struct json_stream *s, struct strbuf *out, unsigned indent)
{
	*s = (struct json_stream){.out = out, .indent = indent};
}

void json_stream_end(struct json_stream *s)
{
	frame_cache_free(&s->frames);
	strbuf_puts(s->out, "\n");
	strbuf_free(&s->scratch);
}

/* ---- lines -------------------------------------------------------------------------------- */

/* `before`, which is at most two characters long, and so many blanks. */
static void add_indent(struct strbuf *out, const char *before, size_t len)
{
	static const char blanks[] = ",\n                              ";
	size_t most = sizeof(blanks) - 3, skip = 2 - strlen(before);

	strbuf_add(out, blanks + skip, 2 - skip + (len < most ? len : most));
	for (; len > most; len -= most)
		strbuf_add(out, blanks + 2, len - most < most ? len - most : most);
}

/* A line end is between values: inside a string it is escaped. */
static void add_lines(struct strbuf *out, char *text, size_t indent)
{
	char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		safe_json(out, text);
		add_indent(out, "\n", indent);
	}
	safe_json(out, text);
}

/* Up to where a value stands, on a line of its own but at the top. */
static void begin_line(struct json_stream *s, size_t indent)
{
	if (s->depth)
		add_indent(s->out, s->some ? ",\n" : "\n", indent);
	s->some = true;
}

static void add_key(struct json_stream *s, const char *key)
{
	begin_line(s, (size_t)s->depth * s->indent);
	if (key) {
		strbuf_add(s->out, "\"", 1);
		strbuf_puts(s->out, key);
		strbuf_add(s->out, "\": ", 3);
	}
}

/* ---- values ------------------------------------------------------------------------------- */

static int add_chunk(const char *chunk, size_t len, void *text)
{
	strbuf_add(text, chunk, len);
	return 0;
}

/* Its text in scratch; NULL if that failed. json_dumps() does not look whether a key got into its
 * buffer (Jansson 2.14, dump.c): a strbuf remembers that something is missing. */
static char *dump(struct json_stream *s, json_t *value)
{
	bool good;

	s->scratch.len = 0;
	good = value && json_dump_callback(value, add_chunk, &s->scratch,
					   JSON_INDENT(s->indent) | JSON_ENCODE_ANY) == 0;
	json_decref(value);
	if (good && !s->scratch.failed)
		return s->scratch.data;
	s->out->failed = true;
	return NULL;
}

void json_stream_open(struct json_stream *s, const char *key, char bracket)
{
	add_key(s, key);
	strbuf_add(s->out, &bracket, 1);
	s->depth++;
	s->some = false;
}

void json_stream_close(struct json_stream *s, char bracket)
{
	s->depth--;
	if (s->some)
		add_indent(s->out, "\n", (size_t)s->depth * s->indent);
	strbuf_add(s->out, &bracket, 1);
	s->some = true;
}

void json_stream_put(struct json_stream *s, const char *key, json_t *value)
{
	char *text = dump(s, value);

	add_key(s, key);
	if (text)
		add_lines(s->out, text, (size_t)s->depth * s->indent);
}

void json_stream_put_members(struct json_stream *s, json_t *object)
{
	char *text = dump(s, object);

	if (!text)
		return;
	/* Between "{\n" and "\n}", where members are one level deep already. */
	s->scratch.data[s->scratch.len - 2] = '\0';
	begin_line(s, (size_t)(s->depth - 1) * s->indent);
	add_lines(s->out, text + 2, (size_t)(s->depth - 1) * s->indent);
}

void json_stream_put_integer(struct json_stream *s, const char *key, json_int_t number)
{
	add_key(s, key);
	if (number < 0)
		strbuf_add(s->out, "-", 1);
	strbuf_put_number(s->out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* Nothing in it has to be escaped, or is no UTF-8. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	return true;
}

void json_stream_put_text(struct json_stream *s, const char *key, const char *text)
{
	if (!text || !is_plain(text)) {
		json_stream_put(s, key, json_text(text));
		return;
	}
	add_key(s, key);
	strbuf_add(s->out, "\"", 1);
	strbuf_puts(s->out, text);
	strbuf_add(s->out, "\"", 1);
}

/* ---- stacks ------------------------------------------------------------------------------- */

static const char *new_text(struct json_stream *s, const struct frame *frame, size_t *len)
{
	char *dumped = dump(s, json_frame(frame));
	struct strbuf lines = STRBUF_INIT;
	const char *text = NULL;

	if (dumped)
		add_lines(&lines, dumped, (size_t)s->depth * s->indent);
	if (dumped && !lines.failed)
		text = frame_cache_keep(&s->frames, frame, s->depth, lines.data, lines.len);
	*len = lines.len;
	strbuf_free(&lines);
	return text;
}

static void put_frame(struct json_stream *s, const struct frame *frame)
{
	size_t len;
	const char *text = frame_cache_find(&s->frames, frame, s->depth, &len);

	if (!text)
		text = new_text(s, frame, &len);
	add_key(s, NULL);
	if (text)
		strbuf_add(s->out, text, len);
	s->out->failed |= !text;
}

void json_stream_put_stack(struct json_stream *s, const char *key, const struct merged_stack *stack)
{
	size_t i;

	json_stream_open(s, key, '[');
	for (i = 0; i < stack->count; i++)
		put_frame(s, stack->frames[i]);
	json_stream_close(s, ']');
}
