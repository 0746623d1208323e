/* SPDX-License-Identifier: MIT */
/* fuzz_suppress.c - rules, then after a NUL a stack to match: function, file and module of each
 * frame, each ended by a NUL. An empty one is absent. */
#include "analyzer/suppress.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *next_word(const char **at, const char *end)
{
	const char *word = *at;

	if (word >= end)
		return NULL;
	*at += strlen(word) + 1;
	return *word ? word : NULL;
}

static void match(struct suppressions *rules, const char *at, const char *end)
{
	struct frame frames[FRAMES];
	const struct frame *list[FRAMES];
	struct suppress_subject subject = {.frames = list, .class = "never_stopped", .timers = 1};
	uint64_t hits;
	bool is_default;
	size_t i;

	while (at < end && subject.frame_count < FRAMES) {
		struct frame *frame = &frames[subject.frame_count];

		list[subject.frame_count++] = frame;
		*frame = (struct frame){.function = next_word(&at, end)};
		frame->file = next_word(&at, end);
		frame->module = next_word(&at, end);
	}
	suppressions_match(rules, &subject);
	subject.timerfd = true;
	suppressions_match(rules, &subject);
	for (i = 0; i < suppressions_count(rules); i++)
		if (!*suppressions_rule(rules, i, &hits, &is_default))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct suppressions *rules = suppressions_new();
	char *text = malloc(size + 1);
	char error[256];
	size_t len;

	if (text && rules) {
		memcpy(text, data, size);
		text[size] = '\0';
		len = strlen(text);
		/* The NUL is left out of the rules: they may hold others, which the length says. */
		if (suppressions_parse(rules, "rules", text, len, error, sizeof(error)) == 0 &&
		    len < size)
			match(rules, text + len + 1, text + size + 1);
		suppressions_parse(rules, "raw", (const char *)data, size, error, sizeof(error));
	}
	free(text);
	suppressions_free(rules);
	return 0;
}
