/* SPDX-License-Identifier: MIT */
#include "text_parts.h"
#include "stack_user.h"
#include "util.h"

void text_begin(const struct text *text)
{
	strbuf_puts(text->out, "==");
	strbuf_put_number(text->out, text->report->main_pid);
	strbuf_puts(text->out, "== ");
}

void text_blank(const struct text *text)
{
	strbuf_printf(text->out, "==%u==\n", text->report->main_pid);
}

void text_styled(const struct text *text, enum text_style style, const char *words)
{
	static const char *const codes[] = {
	    [STYLE_BAD] = "\033[1;31m",
	    [STYLE_GOOD] = "\033[1;32m",
	    [STYLE_STRONG] = "\033[1m",
	    [STYLE_FAINT] = "\033[2m",
	};

	if (text->colored)
		strbuf_puts(text->out, codes[style]);
	strbuf_puts_safe(text->out, words);
	if (text->colored)
		strbuf_puts(text->out, "\033[0m");
}

void text_timers(struct strbuf *out, uint32_t timer, uint64_t count)
{
	strbuf_printf(out, "%llu %s%s", (unsigned long long)count,
		      timer == TL_POSIX ? "POSIX timer" : "timerfd", count == 1 ? "" : "s");
}

/* ---- frames ------------------------------------------------------------------------------- */

static void frame_place(struct strbuf *out, const struct frame *frame)
{
	if (frame->file) {
		strbuf_puts(out, " ");
		strbuf_puts_safe(out, frame->file);
		if (frame->line > 0)
			strbuf_printf(out, ":%d", frame->line);
	} else if (frame->module && frame->function) {
		strbuf_puts(out, " (");
		strbuf_puts_safe(out, path_basename(frame->module));
		strbuf_printf(out, "+0x%llx)", (unsigned long long)frame->offset);
	}
}

static void frame_name(const struct text *text, const struct frame *frame)
{
	if (frame->function) {
		text_styled(text, STYLE_STRONG, frame->function);
		return;
	}
	if (frame->module) {
		strbuf_puts_safe(text->out, frame->module);
		strbuf_puts(text->out, "+");
	}
	strbuf_printf(text->out, "0x%llx", (unsigned long long)frame->offset);
}

static const char *new_line(const struct text *text, const struct frame *frame, size_t *len)
{
	struct strbuf out = STRBUF_INIT;
	const struct text line = {.out = &out, .colored = text->colored};
	const char *kept = NULL;

	frame_name(&line, frame);
	frame_place(&out, frame);
	strbuf_puts(&out, frame->inlined ? " (inlined)\n" : "\n");
	if (!out.failed)
		kept = frame_cache_keep(text->frames, frame, 0, out.data, out.len);
	*len = out.len;
	strbuf_free(&out);
	return kept;
}

static void put_frame(const struct text *text, const struct frame *frame, unsigned number)
{
	size_t len;
	const char *line = frame_cache_find(text->frames, frame, 0, &len);

	if (!line)
		line = new_line(text, frame, &len);
	text_begin(text);
	strbuf_puts(text->out, "    #");
	strbuf_put_number(text->out, number);
	strbuf_puts(text->out, " ");
	if (line)
		strbuf_add(text->out, line, len);
	text->out->failed |= !line;
}

void text_stack(const struct text *text, const struct merged_stack *stack)
{
	bool all = !stack_has_user_frame(stack);
	unsigned number = 0;
	size_t i;

	for (i = 0; i < stack->count; i++)
		if (all || frame_is_user(stack->frames[i]))
			put_frame(text, stack->frames[i], number++);
	if (!stack->count) {
		text_begin(text);
		strbuf_puts(text->out, "    (its stack was not recorded)\n");
	} else if (stack->flags & TL_STACK_CUT) {
		text_begin(text);
		strbuf_puts(text->out, "    ... deeper frames were not recorded (stack_depth)\n");
	} else if (stack->flags & TL_STACK_LOST) {
		text_begin(text);
		strbuf_puts(text->out, "    ... who called that could not be found out\n");
	} else if (stack->flags & TL_STACK_PC_ONLY) {
		text_begin(text);
		strbuf_puts(text->out, "    ... the callers could not be unwound there\n");
	}
}

void text_frame(struct strbuf *out, const struct frame *frame)
{
	const struct text plain = {.out = out};

	frame_name(&plain, frame);
	frame_place(out, frame);
}

void text_where(struct strbuf *out, const struct merged_stack *stack)
{
	const struct frame *caller = stack_caller(stack);

	if (!caller) {
		strbuf_puts(out, " at an unknown place");
		return;
	}
	strbuf_puts(out, " in ");
	text_frame(out, caller);
}

void text_pids(const struct text *text, const struct entry *entry)
{
	size_t i;

	if (entry->pid_count == 1 && entry->pids[0] == text->report->main_pid)
		return;
	strbuf_puts(text->out, entry->pid_count == 1 ? " [pid" : " [pids");
	for (i = 0; i < entry->pid_count && i < 4; i++)
		strbuf_printf(text->out, " %u", entry->pids[i]);
	if (i < entry->pid_count)
		strbuf_printf(text->out, " and %zu more", entry->pid_count - i);
	strbuf_puts(text->out, "]");
}

/* ---- the end of the report ---------------------------------------------------------------- */

void text_table(const struct text *text)
{
	const struct report_summary *sum = &text->report->summary;
	const struct {
		const char *name;
		uint64_t value;
		bool always;
	} columns[] = {
	    {"created", sum->created, true},
	    {"stopped", sum->stopped, true},
	    {"live", sum->live, true},
	    {"definite", sum->kinds[KIND_DEFINITE], false},
	    {"possible", sum->kinds[KIND_POSSIBLE], false},
	    {"held", sum->kinds[KIND_HELD], false},
	    {"undecided", sum->kinds[KIND_UNDECIDED], false},
	    {"suppressed", sum->suppressed, false},
	    {"baselined", sum->baselined, false},
	    {"undrained", sum->undrained, false},
	    {"inherited", sum->inherited, false},
	    {"untracked", sum->untracked, false},
	    {"hazards", sum->hazards, false},
	    {"lost", sum->lost_records + sum->lost_stacks, false},
	};
	size_t i;

	text_begin(text);
	for (i = 0; i < ARRAY_LEN(columns); i++)
		if (columns[i].always || columns[i].value)
			strbuf_printf(text->out, "%*s", i ? 12 : 8, columns[i].name);
	strbuf_puts(text->out, "\n");
	text_begin(text);
	for (i = 0; i < ARRAY_LEN(columns); i++)
		if (columns[i].always || columns[i].value)
			strbuf_printf(text->out, "%*llu", i ? 12 : 8,
				      (unsigned long long)columns[i].value);
	strbuf_puts(text->out, "\n");
}

static void reason_in_words(const struct text *text, const struct gate *gate, const char *reason)
{
	const struct report_summary *sum = &text->report->summary;
	struct strbuf *out = text->out;

	if (reason[0] == 'm' && reason[4] == 'l')
		strbuf_printf(out, "%llu leaked, at most %lld allowed",
			      (unsigned long long)sum->leaked, (long long)gate->limits.max_leaks);
	else if (reason[0] == 'm')
		strbuf_printf(out, "%llu undrained, at most %lld allowed",
			      (unsigned long long)sum->undrained,
			      (long long)gate->limits.max_undrained);
	else if (reason[0] == 'u')
		strbuf_puts(out, "undrained timers cannot be counted");
	else
		strbuf_puts(out, "the data is incomplete");
}

void text_gate(const struct text *text, const struct gate *gate)
{
	size_t i;

	for (i = 0; gate->reasons[i]; i++) {
		text_begin(text);
		text_styled(text, STYLE_BAD, "gate failed");
		strbuf_puts(text->out, ": ");
		reason_in_words(text, gate, gate->reasons[i]);
		strbuf_puts(text->out, "\n");
	}
}

static void summary_parts(struct strbuf *out, const struct report *report)
{
	const struct report_summary *sum = &report->summary;
	/* Held timers that count as leaked are in the first number already. */
	bool held_leaks = report->options.leak_kinds & KIND_BIT(KIND_HELD);
	const char *separator = " (";
	char bytes[HUMAN_SIZE];

	if (sum->kinds[KIND_HELD] && !held_leaks) {
		strbuf_printf(out, "%s%llu held", separator,
			      (unsigned long long)sum->kinds[KIND_HELD]);
		separator = ", ";
	}
	if (sum->undrained) {
		strbuf_printf(out, "%s%llu undrained", separator,
			      (unsigned long long)sum->undrained);
		separator = ", ";
	}
	if (sum->retained_bytes) {
		strbuf_printf(out, "%s%s retained", separator,
			      human_bytes(bytes, sum->retained_bytes));
		separator = ", ";
	}
	if (separator[0] == ',')
		strbuf_puts(out, ")");
}

void text_summary_line(const struct text *text)
{
	const struct report_summary *sum = &text->report->summary;
	struct strbuf words = STRBUF_INIT;

	strbuf_printf(&words, "SUMMARY: timerleak: %llu timer%s leaked",
		      (unsigned long long)sum->leaked, sum->leaked == 1 ? "" : "s");
	if (sum->leaked)
		strbuf_printf(&words, " at %llu site%s", (unsigned long long)sum->sites,
			      sum->sites == 1 ? "" : "s");
	summary_parts(&words, text->report);
	if (words.failed)
		text->out->failed = true;
	else
		text_styled(text, sum->leaked ? STYLE_BAD : STYLE_GOOD, words.data);
	strbuf_puts(text->out, "\n");
	strbuf_free(&words);
}
