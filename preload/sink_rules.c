/* SPDX-License-Identifier: MIT */
#include "sink_rules.h"
#include "section.h"
#include "sink.h"
#include "sink_note.h"
#include "sys.h"
#include <string.h>

static TL_BIG char rules[TL_RULES_MAX];
static size_t rules_length;
static bool written;

void tl_sink_rules_flush(void)
{
	for (size_t at = 0; !written && at < rules_length;) {
		struct tl_note note = {.code = TL_NOTE_RULES, .count = 1};
		size_t n = rules_length - at;

		if (n > sizeof(note.text) - 1)
			n = sizeof(note.text) - 1;
		memcpy(note.text, rules + at, n);
		if (!tl_sink_add_note(&note))
			break;
		at += n;
	}
	written = rules_length > 0;
}

void tl_sink_rules_forked(void)
{
	written = false;
}

void tl_sink_rules(const char *text, size_t length)
{
	struct tl_section section;
	bool cut = length > sizeof(rules);

	if (cut) {
		for (length = sizeof(rules); length && text[length - 1] != '\n'; length--)
			;
		tl_sink_note(TL_NOTE_OPTION,
			     "the program's own suppressions are longer than 16 KiB: "
			     "the last ones are not used");
	}
	section = tl_section_enter();
	memcpy(rules, text, length);
	rules_length = length;
	if (tl_sink_active())
		tl_sink_rules_flush();
	tl_section_leave(&section);
}
