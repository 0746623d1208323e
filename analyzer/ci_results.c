/* SPDX-License-Identifier: MIT */
#include "ci_results.h"
#include "stack_user.h"
#include "tally.h"
#include "text_parts.h"
#include "util.h"
#include "util_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the place ---------------------------------------------------------------------------- */

/* As the source root, or `cut`, leaves it. */
static char *shown_path(const char *file, const char *cut)
{
	char *path = path_clean(file);
	size_t len = cut ? strlen(cut) : 0;

	if (path && len && !strncmp(path, cut, len) && path[len] == '/')
		memmove(path, path + len + 1, strlen(path + len));
	return path;
}

/* What is there where no frame has a file. */
static const char *module_of(const struct report *report, const struct merged_stack *stack)
{
	const struct frame *caller = stack ? stack_caller(stack) : NULL;
	const struct image *image;

	if (caller && caller->module && *caller->module)
		return caller->module;
	image = report_main_image(report->images, report->image_count, report->main_pid);
	return image && *image->header.exe ? image->header.exe : "unknown";
}

/* Whether a better place may follow, or -1. */
static int try_frame(struct ci_place *place, const struct frame *frame, const char *cut)
{
	char *path;

	if (!frame_is_user(frame) || !frame->file || !*frame->file)
		return 1;
	path = shown_path(frame->file, cut);
	if (!path)
		return -1;
	if (place->frame && !path_inside(path)) {
		free(path);
		return 1;
	}
	free(place->path);
	*place =
	    (struct ci_place){frame, path, frame->line > 0 ? frame->line : 1, path_inside(path)};
	return !place->inside;
}

int ci_place_find(struct ci_place *place, const struct report *report,
		  const struct merged_stack *stack, const char *cut)
{
	int more = 1;
	size_t i;

	*place = (struct ci_place){.line = 1};
	for (i = 0; stack && i < stack->count && more > 0; i++)
		more = try_frame(place, stack->frames[i], cut);
	if (more >= 0 && !place->path)
		place->path = shown_path(module_of(report, stack), cut);
	return more >= 0 && place->path ? 0 : -1;
}

/* ---- the list ----------------------------------------------------------------------------- */

static int name_it(struct tally *names, struct ci_result *result)
{
	size_t number, len;

	snprintf(result->id, sizeof(result->id), "%s.%s", result->entry->site->fingerprint,
		 verdict_class_name(result->entry->verdict.class));
	number = tally_add(names, result->id);
	len = strlen(result->id);
	if (number > 1)
		snprintf(result->id + len, sizeof(result->id) - len, ".%zu", number);
	return number ? 0 : -1;
}

int ci_results_make(struct ci_results *results, const struct report *report, const char *cut)
{
	struct tally names = {NULL};
	size_t i;
	int failed;

	*results = (struct ci_results){
	    .list = calloc(report->entry_count + 1, sizeof(*results->list)),
	};
	failed = !results->list;
	for (i = 0; !failed && i < report->entry_count && report->entries[i]->leaked; i++) {
		struct ci_result *result = &results->list[results->count++];

		result->entry = report->entries[i];
		failed = name_it(&names, result) ||
			 ci_place_find(&result->place, report, result->entry->site->stack, cut);
	}
	tally_free(&names);
	return failed ? -1 : 0;
}

void ci_results_free(struct ci_results *results)
{
	size_t i;

	for (i = 0; i < results->count; i++)
		free(results->list[i].place.path);
	free(results->list);
	*results = (struct ci_results){0};
}

/* ---- words -------------------------------------------------------------------------------- */

void ci_frame_name(struct strbuf *out, const struct frame *frame)
{
	if (!frame) {
		strbuf_puts(out, "an unknown place");
	} else if (frame->function) {
		strbuf_puts_safe(out, frame->function);
	} else {
		strbuf_puts_safe(out, frame->module ? path_basename(frame->module) : "");
		strbuf_printf(out, "+0x%llx", (unsigned long long)frame->offset);
	}
}

void ci_title(struct strbuf *out, const struct entry *entry)
{
	text_timers(out, entry->site->timer, entry_leaked(entry));
	strbuf_puts(out, " leaked in ");
	ci_frame_name(out, stack_caller(entry->site->stack));
}

void ci_headline(struct strbuf *out, const struct entry *entry)
{
	text_timers(out, entry->site->timer, entry_leaked(entry));
	strbuf_printf(out, " leaked (%s, %s): ", verdict_kind_name(entry->verdict.kind),
		      verdict_class_name(entry->verdict.class));
	strbuf_puts(out, entry->evidence);
}

static void stack_lines(struct strbuf *out, const struct merged_stack *stack)
{
	bool any = stack->count && frame_is_user(stack_caller(stack));
	unsigned number = 0;
	size_t i;

	for (i = 0; i < stack->count; i++) {
		if (any && !frame_is_user(stack->frames[i]))
			continue;
		strbuf_printf(out, "  #%u ", number++);
		text_frame(out, stack->frames[i]);
		strbuf_puts(out, stack->frames[i]->inlined ? " (inlined)\n" : "\n");
	}
	if (!stack->count)
		strbuf_puts(out, "  (its stack was not recorded)\n");
}

void ci_body(struct strbuf *out, const struct entry *entry)
{
	ci_headline(out, entry);
	strbuf_puts(out, "\n");
	stack_lines(out, entry->site->stack);
	if (entry->freed_by) {
		strbuf_puts(out, "freed by:\n");
		stack_lines(out, entry->freed_by);
	}
	strbuf_puts(out, "advice: ");
	strbuf_puts(out, entry->advice);
	strbuf_puts(out, "\n");
}

#define UNDRAINED_SITES 20 /* an annotation has a limit, and a reader too */

void ci_undrained(struct strbuf *out, const struct report *report, const struct gate *gate)
{
	bool failed = false;
	size_t i, sites = 0;

	for (i = 0; gate->reasons[i]; i++) {
		if (strcmp(gate->reasons[i], "undrained_unknown") == 0)
			strbuf_puts(out, "undrained timers cannot be counted\n");
		failed |= strcmp(gate->reasons[i], "max_undrained") == 0;
	}
	if (!failed)
		return;
	strbuf_printf(out, "%llu undrained, at most %lld allowed\n",
		      (unsigned long long)report->summary.undrained,
		      (long long)gate->limits.max_undrained);
	for (i = 0; i < report->entry_count; i++) {
		const struct entry *entry = report->entries[i];
		uint64_t count = entry->undrained - entry->undrained_old;

		if (entry->suppressed_by || !count || ++sites > UNDRAINED_SITES)
			continue;
		text_timers(out, entry->site->timer, count);
		strbuf_puts(out, " undrained, made here:\n");
		stack_lines(out, entry->site->stack);
	}
	if (sites > UNDRAINED_SITES)
		strbuf_printf(out, "and %zu more\n", sites - UNDRAINED_SITES);
}
