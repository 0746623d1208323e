/* SPDX-License-Identifier: MIT */
#include "text_heap.h"
#include "heap_caller.h"
#include "util.h"

#include <string.h>

/* ---- what is kept alive ------------------------------------------------------------------- */

/* Allocation stacks that end in one place are one to a reader. */
static size_t places_in_words(const struct heap_places *from, struct heap_place out[TL_RETAINED_AT])
{
	size_t i, k, count = 0;

	for (i = 0; i < from->count; i++) {
		const struct heap_place *place = &from->list[i];
		const struct frame *frame = heap_caller_frame(place->stack);

		for (k = 0; frame && k < count; k++)
			if (heap_frame_compare(frame, heap_caller_frame(out[k].stack)) == 0)
				break;
		if (!frame)
			continue;
		if (k == count)
			out[count++] = (struct heap_place){.stack = place->stack};
		out[k].bytes = sum_capped(out[k].bytes, place->bytes);
		out[k].estimated |= place->estimated;
	}
	return count;
}

bool text_has_retained(const struct entry *entry)
{
	struct heap_place places[TL_RETAINED_AT];

	return entry->retained_bytes && places_in_words(&entry->site->heap.retained, places);
}

static uint64_t retained_by_site(const struct merged_site *site)
{
	const struct entry *entry;
	uint64_t sum = 0;

	for (entry = site->entries; entry; entry = entry->next)
		sum = sum_capped(sum, entry->retained_bytes);
	return sum;
}

/* The allocation stacks are those of all timers of the site, whatever their verdict. */
static void retained_bytes(struct strbuf *out, const struct entry *entry)
{
	char bytes[HUMAN_SIZE], all[HUMAN_SIZE];

	human_bytes(bytes, entry->retained_bytes);
	human_bytes(all, retained_by_site(entry->site));
	strbuf_printf(out, "    retain%s %s", entry->count == 1 ? "s" : "", bytes);
	if (strcmp(bytes, all) != 0)
		strbuf_printf(out, " of the %s that all timers made here retain", all);
	strbuf_puts(out, ", allocated");
}

void text_retained(const struct text *text, const struct entry *entry)
{
	struct heap_place places[TL_RETAINED_AT];
	size_t i, count = places_in_words(&entry->site->heap.retained, places);
	char bytes[HUMAN_SIZE];
	bool estimated = false;

	text_begin(text);
	retained_bytes(text->out, entry);
	for (i = 0; i < count; i++) {
		const struct merged_stack caller = heap_caller(places[i].stack);

		if (i)
			strbuf_puts(text->out, i + 1 == count ? " and" : ",");
		text_where(text->out, &caller);
		/* Estimates add up to the total on average only: two numbers that disagree. */
		if (places[i].estimated)
			estimated = true;
		else
			strbuf_printf(text->out, " (%s)", human_bytes(bytes, places[i].bytes));
	}
	strbuf_puts(text->out, estimated ? " (by samples)\n" : "\n");
}

/* ---- who freed ---------------------------------------------------------------------------- */

void text_freed_by(const struct text *text, const struct entry *entry)
{
	struct merged_stack caller;
	size_t others;

	if (!entry->freed_by)
		return;
	caller = heap_caller(entry->freed_by);
	others = entry->freer_count - 1;
	text_begin(text);
	strbuf_puts(text->out, "    freed by:\n");
	text_stack(text, &caller);
	if (!others)
		return;
	text_begin(text);
	strbuf_printf(text->out, "    ... and at %zu other place%s\n", others,
		      others == 1 ? "" : "s");
}

/* ---- what stopped timers left ------------------------------------------------------------- */

static void left_by_site(const struct text *text, const struct merged_site *site)
{
	const struct heap_places *left = &site->heap.left;
	struct strbuf *out = text->out;
	char bytes[HUMAN_SIZE];

	text_begin(text);
	strbuf_printf(
	    out,
	    "left heap: %llu block%s, %s, payload%s of stopped timers that nothing "
	    "leads to; timers made",
	    (unsigned long long)site->heap.left_blocks, site->heap.left_blocks == 1 ? "" : "s",
	    human_bytes(bytes, site->heap.left_bytes), site->heap.left_blocks == 1 ? "" : "s");
	text_where(out, site->stack);
	if (left->count && left->list[0].stack->count) {
		const struct merged_stack caller = heap_caller(left->list[0].stack);

		strbuf_puts(out, ", blocks allocated");
		text_where(out, &caller);
	}
	strbuf_puts(out, "\n");
}

size_t text_left_heap(const struct text *text)
{
	const struct report *report = text->report;
	size_t i;

	for (i = 0; i < report->left_heap_count; i++)
		left_by_site(text, report->left_heap[i]);
	return report->left_heap_count;
}
