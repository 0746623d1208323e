/* SPDX-License-Identifier: MIT */
#include "suppress_match.h"

#include <string.h>

/*
 * Wildcards in time that is linear but for the last `*`: only that one is ever tried again, since
 * an earlier one that took more could not help what follows.
 */
static bool match_glob(const char *pattern, size_t len, const char *text, bool to_end)
{
	const char *end = pattern + len, *retry = NULL, *retry_text = NULL;

	for (;;) {
		bool escaped = end - pattern > 1 && pattern[0] == '\\' && pattern[1] == '*';

		if (pattern == end && (!to_end || !*text))
			return true;
		if (pattern != end && *pattern == '*') {
			retry = ++pattern;
			retry_text = text;
		} else if (pattern != end && *text && pattern[escaped] == *text) {
			pattern += 1 + escaped;
			text++;
		} else if (retry && *retry_text) {
			pattern = retry;
			text = ++retry_text;
		} else {
			return false;
		}
	}
}

bool suppress_match_text(const char *pattern, const char *text)
{
	size_t len = strlen(pattern);
	bool to_end = len && pattern[len - 1] == '$';

	if (!text || !*text)
		return false;
	if (pattern[0] == '^')
		return match_glob(pattern + 1, len - 1 - to_end, text, to_end);
	for (; *text; text++)
		if (match_glob(pattern, len - to_end, text, to_end))
			return true;
	return false;
}

bool suppress_match_path(const char *pattern, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return suppress_match_text(pattern, path) ||
	       (slash && suppress_match_text(pattern, slash + 1));
}

bool suppress_match_frame(const char *pattern, const struct frame *frame)
{
	return suppress_match_text(pattern, frame->function) ||
	       suppress_match_path(pattern, frame->file) ||
	       suppress_match_path(pattern, frame->module);
}

bool suppress_match_stack(const char *const *patterns, size_t pattern_count,
			  const struct frame *const *frames, size_t frame_count)
{
	size_t p = 0, f = 0, retry_f = 0, retry_p = 0;
	bool can_retry = false;

	while (p < pattern_count) {
		if (!strcmp(patterns[p], SUPPRESS_ANY_FRAMES)) {
			retry_p = ++p;
			retry_f = f;
			can_retry = true;
		} else if (f < frame_count && suppress_match_frame(patterns[p], frames[f])) {
			p++;
			f++;
		} else if (can_retry && retry_f < frame_count) {
			p = retry_p;
			f = ++retry_f;
		} else {
			return false;
		}
	}
	return true;
}
