/* SPDX-License-Identifier: MIT */
/* test_json_stream.c - what is written piece by piece is what jansson writes of the whole. */
#include "analyzer/emit_json_parts.h"
#include "analyzer/emit_json_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct frame frames[] = {
    {.function = "make<a\nb>", .file = "/s/\"a\".c", .line = 7, .inlined = true, .module = "/m"},
    {.function = "make<a\nb>", .file = "/s/\"a\".c", .line = 7, .module = "/m"},
    {.module = "/m\xff", .build_id = "ab", .offset = 0x10},
    {.module = "/m\xff", .build_id = "ab", .offset = 0x11},
};
static const struct frame *const listed[] = {&frames[0], &frames[1], &frames[2], &frames[3]};
static const struct merged_stack stack = {.frames = listed, .count = 4};
static const struct merged_stack unknown = {.count = 0};

static json_t *members(void)
{
	return json_pack("{s:i, s:[i, i], s:{s:[], s:{}}, s:s}", "n", 1, "list", 2, 3, "deep",
			 "none", "empty", "text", "a\nb\"\\");
}

static json_t *site_tree(void)
{
	json_t *site = members();

	json_put(&site, "stack", json_stack(&stack));
	json_put(&site, "again", json_stack(&stack));
	json_put(&site, "unknown", json_stack(&unknown));
	json_put(&site, "nested", json_pack("[[o]]", json_frame(&frames[0])));
	return site;
}

static void put_site(struct json_stream *s)
{
	json_stream_open(s, NULL, '{');
	json_stream_put_members(s, members());
	json_stream_put_stack(s, "stack", &stack);
	json_stream_put_stack(s, "again", &stack);
	json_stream_put_stack(s, "unknown", &unknown);
	json_stream_put(s, "nested", json_pack("[[o]]", json_frame(&frames[0])));
	json_stream_close(s, '}');
}

static void test_the_same_as_the_whole(void **state)
{
	struct strbuf whole = STRBUF_INIT, pieces = STRBUF_INIT;
	struct json_stream s;

	(void)state;
	assert_int_equal(json_write(&whole,
				    json_pack("{s:i, s:[o, o], s:[], s:b}", "first", 1, "sites",
					      site_tree(), site_tree(), "none", "last", 1),
				    2),
			 0);
	json_stream_begin(&s, &pieces, 2);
	json_stream_open(&s, NULL, '{');
	json_stream_put(&s, "first", json_integer(1));
	json_stream_open(&s, "sites", '[');
	put_site(&s);
	put_site(&s);
	json_stream_close(&s, ']');
	json_stream_open(&s, "none", '[');
	json_stream_close(&s, ']');
	json_stream_put(&s, "last", json_true());
	json_stream_close(&s, '}');
	json_stream_end(&s);
	assert_false(pieces.failed);
	assert_string_equal(pieces.data, whole.data);
	strbuf_free(&whole);
	strbuf_free(&pieces);
}

/* A value that could not be made must not be left out in silence. */
static void test_what_is_missing_fails(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct json_stream s;

	(void)state;
	json_stream_begin(&s, &out, 2);
	json_stream_open(&s, NULL, '{');
	json_stream_put(&s, "a", NULL);
	json_stream_close(&s, '}');
	json_stream_end(&s);
	assert_true(out.failed);
	strbuf_free(&out);
}

/* Without a value in between, but as if there were one. */
static void test_numbers_and_text(void **state)
{
	static const json_int_t numbers[] = {0, 9, 10, -1, INT64_MAX, INT64_MIN};
	static const char *const texts[] = {"",	    "plain ~",	    "a\"b",	    "back\\",
					    "\x1f", "\xff\xc3\xa9", "\xe2\x80\xae", NULL};
	struct strbuf whole = STRBUF_INIT, pieces = STRBUF_INIT;
	json_t *list = json_array();
	struct json_stream s;
	size_t i;

	(void)state;
	json_stream_begin(&s, &pieces, 1);
	json_stream_open(&s, NULL, '[');
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_push(&list, json_integer(numbers[i]));
		json_stream_put_integer(&s, NULL, numbers[i]);
	}
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_push(&list, json_text(texts[i]));
		json_stream_put_text(&s, NULL, texts[i]);
	}
	json_stream_close(&s, ']');
	json_stream_end(&s);
	assert_int_equal(json_write(&whole, list, 1), 0);
	assert_false(pieces.failed);
	assert_string_equal(pieces.data, whole.data);
	strbuf_free(&whole);
	strbuf_free(&pieces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_same_as_the_whole),
	    cmocka_unit_test(test_what_is_missing_fails),
	    cmocka_unit_test(test_numbers_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
