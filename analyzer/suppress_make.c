/* SPDX-License-Identifier: MIT */
#include "suppress_make.h"
#include "fingerprint.h"
#include "suppress_match.h"
#include "utf8.h"
#include "util.h"

#include <string.h>

/* What the grammar, or a line of text, has no way to hold becomes a wildcard. */
static void add_name(struct strbuf *out, const char *name)
{
	uint32_t c;

	while (*name) {
		size_t len = utf8_decode(name, &c);

		if (!len || *name == ';' || *name == '\\' || utf8_is_harmful(c))
			strbuf_puts(out, "*");
		else if (*name == '*')
			strbuf_puts(out, "\\*");
		else
			strbuf_add(out, name, len);
		name += len ? len : 1;
	}
}

/* NULL: no part of a rule. */
static const char *name_of(const struct frame *frame)
{
	const char *name = frame->function;

	if (!frame_is_user(frame))
		return NULL;
	if ((!name || !*name) && frame->module)
		name = path_basename(frame->module);
	return name && *name ? name : NULL;
}

void suppress_make(struct strbuf *out, const struct frame *const *frames, size_t count)
{
	const char *separator = "stack:";
	bool gap = false;
	size_t i;

	for (i = 0; i < count; i++) {
		const char *name = name_of(frames[i]);

		if (!name) {
			gap = true;
			continue;
		}
		strbuf_puts(out, separator);
		if (gap)
			strbuf_puts(out, SUPPRESS_ANY_FRAMES ";");
		strbuf_puts(out, "^");
		add_name(out, name);
		strbuf_puts(out, "$");
		separator = ";";
		gap = false;
	}
}

bool suppress_make_is_broad(const struct frame *const *frames, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (name_of(frames[i]) && !(frames[i]->function && *frames[i]->function))
			return true;
	return false;
}
