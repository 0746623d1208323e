/* SPDX-License-Identifier: MIT */
/* test_safe.c - every character and every pair of bytes, in each kind of output. */
#include "analyzer/safe.h"
#include "analyzer/utf8.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static size_t encode(uint32_t c, char out[5])
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(first[len] | c);
	out[len] = '\0';
	return len;
}

static bool is_clean(const char *text)
{
	uint32_t c;

	while (*text) {
		size_t len = utf8_decode(text, &c);

		if (!len || utf8_is_harmful(c))
			return false;
		text += len;
	}
	return true;
}

static const char *written(void (*write)(struct strbuf *, const char *), const char *text)
{
	static struct strbuf out;

	strbuf_free(&out);
	write(&out, text);
	assert_false(out.failed);
	return out.data ? out.data : "";
}

static void (*const persons[])(struct strbuf *, const char *) = {
    strbuf_puts_safe, safe_xml, safe_workflow_message, safe_workflow_property};

static void for_persons(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(persons) / sizeof(persons[0]); i++) {
		const char *out = written(persons[i], text);

		if (!is_clean(out))
			fail_msg("%zu: %s", i, out);
		if (i == 1)
			assert_null(strpbrk(out, "<>\"'"));
		if (i == 3)
			assert_null(strpbrk(out, ":,"));
	}
}

static void test_every_character(void **state)
{
	char text[5];
	uint32_t c, back;

	(void)state;
	for (c = 1; c <= 0x10ffff; c++) {
		bool is_character = c < 0xd800 || c > 0xdfff;
		size_t len = encode(c, text);

		assert_int_equal(utf8_decode(text, &back), is_character ? len : 0);
		assert_true(!is_character || back == c);
		/* Elsewhere nothing changes from one to the next. */
		if (c < 0x3000 || (c >= 0xd7f0 && c < 0xe010) || c >= 0xfe00) {
			if (c >= 0x11000 && c < 0xdff00)
				continue;
			for_persons(text);
			if (!is_character || utf8_is_harmful(c))
				continue;
			assert_string_equal(written(strbuf_puts_safe, text), text);
			assert_string_equal(written(safe_utf8, text), text);
			if (c >= 0xe1000)
				c += 0xfff;
		}
	}
}

static void test_every_pair_of_bytes(void **state)
{
	char text[5] = "";
	int a, b;

	(void)state;
	for (a = 1; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			text[0] = (char)a;
			text[1] = (char)b;
			for_persons(text);
			text[2] = b ? '\x80' : '\0';
			for_persons(text);
			text[2] = '\0';
		}
	}
}

/* What was dumped means the same, and has nothing left that a terminal would obey. */
static void json_round_trip(const char *text)
{
	struct strbuf utf8 = STRBUF_INIT, json = STRBUF_INIT;
	json_t *value, *back;
	char *dump;

	safe_utf8(&utf8, text);
	value = json_pack("[s]", utf8.data);
	assert_non_null(value);
	dump = json_dumps(value, 0);
	safe_json(&json, dump);
	assert_true(is_clean(json.data));
	back = json_loads(json.data, 0, NULL);
	assert_non_null(back);
	assert_true(json_equal(value, back));
	json_decref(value);
	json_decref(back);
	free(dump);
	strbuf_free(&utf8);
	strbuf_free(&json);
}

static void test_json(void **state)
{
	char text[8];
	uint32_t c;

	(void)state;
	for (c = 1; c < 0x3000; c++) {
		encode(c, text);
		json_round_trip(text);
	}
	for (c = 0xf000; c <= 0x10ffff; c += c >= 0x10000 && c < 0xdff00 ? 0x1001 : 1) {
		if (c > 0xe0100)
			c = 0x10ffff;
		encode(c, text);
		json_round_trip(text);
	}
	json_round_trip("\xff\xc0\x80\xe2\x80\xae\xed\xa0\x80\"\\\xf4\x90\x80\x80");
	assert_string_equal(written(safe_utf8, "a\xff\xe2\x80z"),
			    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
}

static void test_each_format(void **state)
{
	const char *hostile = "</script><!--]]>&\"'\033]0;x\a\n::error::%0A\xe2\x80\xae:,\xff";

	(void)state;
	assert_string_equal(written(strbuf_puts_safe, hostile),
			    "</script><!--]]>&\"'\\x1b]0;x\\x07\\x0a::error::%0A\\u202e:,\\xff");
	assert_string_equal(written(safe_xml, hostile),
			    "&lt;/script&gt;&lt;!--]]&gt;&amp;&quot;&#39;\\x1b]0;x\\x07\\x0a::error"
			    "::%0A\\u202e:,\\xff");
	assert_string_equal(written(safe_workflow_message, hostile),
			    "</script><!--]]>&\"'\\x1b]0;x\\x07\\x0a::error::%250A\\u202e:,\\xff");
	assert_string_equal(written(safe_workflow_property, "a\n:b,%0A"), "a\\x0a%3Ab%2C%250A");
	assert_string_equal(written(safe_xml, ""), "");
	assert_string_equal(written(strbuf_puts_safe, "\xf3\xa0\x80\x81"), "\\ue0001");
}

static void test_complaints(void **state)
{
	char text[256] = "";
	int pipes[2], saved = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	fflush(stderr);
	dup2(pipes[1], STDERR_FILENO);
	complain("timerleak: %s: no such file\n", "a\nb\033[2J");
	complain("%s", "no line end\n");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	assert_true(read(pipes[0], text, sizeof(text) - 1) > 0);
	close(pipes[0]);
	assert_string_equal(text, "timerleak: a\\x0ab\\x1b[2J: no such file\nno line end\\x0a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_character),
	    cmocka_unit_test(test_every_pair_of_bytes),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_each_format),
	    cmocka_unit_test(test_complaints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
