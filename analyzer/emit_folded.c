/* SPDX-License-Identifier: MIT */
#include "emit_folded.h"
#include "heap_caller.h"
#include "stack_user.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

struct line {
	char *stack;
	uint64_t value;
};

struct lines {
	struct line *list;
	size_t count, capacity;
	bool failed;
};

/* ---- one stack ---------------------------------------------------------------------------- */

/* Without what would end it. */
static void add_name(struct strbuf *out, const char *name)
{
	struct strbuf plain = STRBUF_INIT;

	for (; *name; name++) {
		char c = *name == ';' ? ':' : *name;

		strbuf_add(&plain, (unsigned char)c < ' ' || c == 0x7f ? " " : &c, 1);
	}
	strbuf_puts_safe(out, plain.data ? plain.data : "");
	out->failed |= plain.failed;
	strbuf_free(&plain);
}

static void add_frame(struct strbuf *out, const struct frame *frame)
{
	if (out->len)
		strbuf_puts(out, ";");
	if (frame->function) {
		add_name(out, frame->function);
		return;
	}
	if (frame->module) {
		add_name(out, path_basename(frame->module));
		strbuf_puts(out, "+");
	}
	strbuf_printf(out, "0x%llx", (unsigned long long)frame->offset);
}

static void fold(struct strbuf *out, const struct merged_stack *stack)
{
	bool all = !stack_has_user_frame(stack);
	size_t i;

	if (stack->flags & (TL_STACK_CUT | TL_STACK_LOST))
		strbuf_puts(out, "[truncated]");
	if (!stack->count)
		strbuf_puts(out, "[unknown]");
	for (i = stack->count; i-- > 0;)
		if (all || frame_is_user(stack->frames[i]))
			add_frame(out, stack->frames[i]);
}

/* ---- all of them -------------------------------------------------------------------------- */

static void add_line(struct lines *lines, const struct merged_stack *stack, uint64_t value)
{
	struct strbuf text = STRBUF_INIT;

	if (!value)
		return;
	fold(&text, stack);
	if (text.failed ||
	    !array_grow(&lines->list, lines->count, &lines->capacity, sizeof(*lines->list))) {
		strbuf_free(&text);
		lines->failed = true;
		return;
	}
	lines->list[lines->count++] = (struct line){text.data, value};
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return strcmp(x->stack, y->stack);
}

/* Two places in one function are one stack of names. */
static void write_lines(struct strbuf *out, const struct lines *lines)
{
	size_t i, next;

	for (i = 0; i < lines->count; i = next) {
		uint64_t sum = 0;

		for (next = i;
		     next < lines->count && compare_lines(&lines->list[i], &lines->list[next]) == 0;
		     next++)
			sum = sum_capped(sum, lines->list[next].value);
		strbuf_printf(out, "%s %llu\n", lines->list[i].stack, (unsigned long long)sum);
	}
}

static int finish(struct strbuf *out, struct lines *lines)
{
	size_t i;

	if (lines->count)
		qsort(lines->list, lines->count, sizeof(*lines->list), compare_lines);
	write_lines(out, lines);
	for (i = 0; i < lines->count; i++)
		free(lines->list[i].stack);
	free(lines->list);
	return lines->failed || out->failed ? -1 : 0;
}

int emit_folded(struct strbuf *out, const struct report *report)
{
	struct lines lines = {0};
	size_t i;

	for (i = 0; i < report->entry_count; i++)
		if (report->entries[i]->leaked)
			add_line(&lines, report->entries[i]->site->stack,
				 entry_leaked(report->entries[i]));
	return finish(out, &lines);
}

int emit_heap_folded(struct strbuf *out, const struct heap_profile *profile)
{
	struct lines lines = {0};
	size_t i;

	for (i = 0; i < profile->count; i++) {
		const struct merged_stack stack = heap_caller(profile->rows[i].stack);

		add_line(&lines, &stack, profile->rows[i].n.live_bytes);
	}
	return finish(out, &lines);
}
