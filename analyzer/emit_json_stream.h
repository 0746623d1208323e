/* SPDX-License-Identifier: MIT */
/*
 * emit_json_stream.h - a JSON document written piece by piece: the bytes that json_dumpf() with an
 * indent gives for the whole of it, of which never more than a piece is a tree in memory.
 *
 * Lack of memory is remembered in out->failed. Keys are our own words and need no escaping.
 */
#ifndef ANALYZER_EMIT_JSON_STREAM_H
#define ANALYZER_EMIT_JSON_STREAM_H

#include "frame_cache.h"
#include "stack_index.h"
#include "strbuf.h"
#include <jansson.h>

struct json_stream {
	struct strbuf *out;
	unsigned indent;
	unsigned depth;	       /* of what is open */
	bool some;	       /* the innermost of it has a member */
	struct strbuf scratch; /* what jansson made of a piece */
	struct frame_cache frames;
};

/* json_stream_end() also frees what the stream holds. */
void json_stream_begin(struct json_stream *s, struct strbuf *out, unsigned indent);
void json_stream_end(struct json_stream *s);

/* An object '{' or a list '[' with its members to come; key is NULL in a list and at the top. */
void json_stream_open(struct json_stream *s, const char *key, char bracket);
void json_stream_close(struct json_stream *s, char bracket);

/* Takes the value; NULL is lack of memory, as everywhere. */
void json_stream_put(struct json_stream *s, const char *key, json_t *value);
/* The members of an object that has some, into the object that is open; takes it. */
void json_stream_put_members(struct json_stream *s, json_t *object);
/* The same as with json_integer() and json_text(), without a value in between: sites are made of
 * these, and many. */
void json_stream_put_integer(struct json_stream *s, const char *key, json_int_t number);
void json_stream_put_text(struct json_stream *s, const char *key, const char *text);
/* What json_stack() makes, without making it. */
void json_stream_put_stack(struct json_stream *s, const char *key,
			   const struct merged_stack *stack);

#endif
