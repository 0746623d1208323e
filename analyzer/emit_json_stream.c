/* SPDX-License-Identifier: MIT */
#include "emit_json_stream.h"
#include "emit_json_parts.h"
#include "safe.h"

#include <stdlib.h>
#include <string.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(text) ((text)->lost = true)
#include <uthash.h>

#define INDENT 2

/* Frames are most of a report, and few of them differ: the symbolizer has each string once. */
struct frame_key {
	const char *function, *file, *module, *build_id;
	uint64_t offset;
	int32_t line;
	uint16_t inlined, depth; /* no padding in what is hashed */
};

struct json_frame_text {
	struct frame_key key;
	size_t len;
	bool lost;
	UT_hash_handle hh;
	char data[];
};

void json_stream_begin(struct json_stream *s, struct strbuf *out)
{
	*s = (struct json_stream){.out = out};
}

void json_stream_end(struct json_stream *s)
{
	struct json_frame_text *text, *next;

	HASH_ITER (hh, s->frames, text, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(s->frames, text);
		free(text);
	}
	strbuf_puts(s->out, "\n");
	strbuf_free(&s->scratch);
}

/* ---- lines -------------------------------------------------------------------------------- */

static void add_indent(struct strbuf *out, unsigned depth)
{
	static const char blanks[] = "                ";
	size_t len = (size_t)depth * INDENT;

	for (; len >= sizeof(blanks); len -= sizeof(blanks) - 1)
		strbuf_add(out, blanks, sizeof(blanks) - 1);
	strbuf_add(out, blanks, len);
}

/* A line end is between values: inside a string it is escaped. */
static void add_lines(struct strbuf *out, char *text, unsigned depth)
{
	char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		safe_json(out, text);
		strbuf_puts(out, "\n");
		add_indent(out, depth);
	}
	safe_json(out, text);
}

/* Whether it comes first in what is open or not. */
static void add_separator(struct json_stream *s)
{
	if (s->depth)
		strbuf_puts(s->out, s->some ? ",\n" : "\n");
	s->some = true;
}

static void add_key(struct json_stream *s, const char *key)
{
	add_separator(s);
	add_indent(s->out, s->depth);
	if (key) {
		strbuf_puts(s->out, "\"");
		strbuf_puts(s->out, key);
		strbuf_puts(s->out, "\": ");
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
					   JSON_INDENT(INDENT) | JSON_ENCODE_ANY) == 0;
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
	if (s->some) {
		strbuf_puts(s->out, "\n");
		add_indent(s->out, s->depth);
	}
	strbuf_add(s->out, &bracket, 1);
	s->some = true;
}

void json_stream_put(struct json_stream *s, const char *key, json_t *value)
{
	char *text = dump(s, value);

	add_key(s, key);
	if (text)
		add_lines(s->out, text, s->depth);
}

void json_stream_put_members(struct json_stream *s, json_t *object)
{
	char *text = dump(s, object);

	if (!text)
		return;
	/* Between "{\n" and "\n}", where members are one level deep already. */
	s->scratch.data[s->scratch.len - 2] = '\0';
	add_separator(s);
	add_indent(s->out, s->depth - 1);
	add_lines(s->out, text + 2, s->depth - 1);
}

/* ---- stacks ------------------------------------------------------------------------------- */

static struct json_frame_text *new_text(struct json_stream *s, const struct frame_key *key,
					const struct frame *frame)
{
	char *dumped = dump(s, json_frame(frame));
	struct strbuf lines = STRBUF_INIT;
	struct json_frame_text *text = NULL;

	if (dumped)
		add_lines(&lines, dumped, s->depth);
	if (dumped && !lines.failed)
		text = calloc(1, sizeof(*text) + lines.len);
	if (text) {
		text->key = *key;
		text->len = lines.len;
		memcpy(text->data, lines.data, lines.len);
	}
	strbuf_free(&lines);
	return text;
}

static void put_frame(struct json_stream *s, const struct frame *frame)
{
	const struct frame_key key = {
	    .function = frame->function,
	    .file = frame->file,
	    .module = frame->module,
	    .build_id = frame->build_id,
	    .offset = frame->offset,
	    .line = frame->line,
	    .inlined = frame->inlined,
	    .depth = (uint16_t)s->depth,
	};
	struct json_frame_text *text;

	/* NOLINTNEXTLINE(clang-analyzer-core.*): it forgets the key in the hash function */
	HASH_FIND(hh, s->frames, &key, sizeof(key), text);
	if (!text) {
		text = new_text(s, &key, frame);
		if (text)
			HASH_ADD(hh, s->frames, key, sizeof(key), text);
		if (text && text->lost) {
			free(text);
			text = NULL;
		}
	}
	add_key(s, NULL);
	if (text)
		strbuf_add(s->out, text->data, text->len);
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
