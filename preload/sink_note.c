/* SPDX-License-Identifier: MIT */
#include "sink_note.h"
#include "section.h"
#include "sink.h"
#include "sink_rules.h"
#include "sys.h"
#include <string.h>

static TL_BIG_TABLE struct tl_note pending[TL_NOTE_CODES];
static bool noted;			       /* else nothing of them was touched */
static struct tl_note *written[TL_NOTE_CODES]; /* the same in the trace */

static void note_locked(enum tl_note_code code, const char *text)
{
	struct tl_note *note = &pending[code];

	noted = true;
	note->count++;
	if (note->count > 1) {
		if (written[code])
			tl_store(&written[code]->count, note->count);
		return;
	}
	note->code = code;
	note->time = tl_sys_now(CLOCK_MONOTONIC);
	tl_strcopy(note->text, sizeof(note->text), text);
	if (tl_sink_active())
		written[code] = tl_sink_add_note(note);
}

void tl_sink_note(enum tl_note_code code, const char *text)
{
	struct tl_section section;

	if (tl_section_mine()) {
		note_locked(code, text);
		return;
	}
	section = tl_section_enter_within(100);
	if (section.held)
		note_locked(code, text);
	tl_section_leave(&section);
}

void tl_sink_notes_flush(void)
{
	for (size_t i = 0; noted && i < TL_ARRAY_LEN(pending); i++)
		if (pending[i].count && !written[i])
			written[i] = tl_sink_add_note(&pending[i]);
	tl_sink_rules_flush();
}

void tl_sink_notes_forked(void)
{
	tl_sys_clear(pending, sizeof(pending));
	noted = false;
	memset(written, 0, sizeof(written));
	tl_sink_rules_forked();
}
