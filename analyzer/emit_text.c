/* SPDX-License-Identifier: MIT */
#include "emit_text.h"
#include "explain.h"
#include "names.h"
#include "tally.h"
#include "text_heap.h"
#include "text_parts.h"
#include "util.h"

#include <string.h>

/* ---- the head ----------------------------------------------------------------------------- */

static void end_in_words(struct strbuf *out, const struct image *image)
{
	const struct tl_header *header = &image->header;
	const char *ended = report_ended(image);

	if (image->alive)
		strbuf_puts(out, "running");
	else if (image_ended_by_itself(image))
		strbuf_printf(out, "ended by %s with status %d", ended, header->end_status);
	else if (header->end_state == TL_END_SIGNAL)
		strbuf_printf(out, "killed by signal %d", header->end_status);
	else if (header->end_state == TL_END_EXEC)
		strbuf_puts(out, "replaced by exec");
	else
		strbuf_puts(out, "died unseen (killed, or crashed)");
}

static void emit_head(const struct text *text)
{
	const struct image *image = report_end_image(text->report);
	size_t others = text->report->image_count - 1;

	if (!image)
		return;
	text_begin(text);
	strbuf_puts(text->out, "timerleak: ");
	strbuf_puts_safe(text->out, image->header.exe[0] ? image->header.exe : "(unknown program)");
	strbuf_puts(text->out, ", ");
	end_in_words(text->out, image);
	if (others)
		strbuf_printf(text->out, "; %zu other process image%s", others,
			      others == 1 ? "" : "s");
	strbuf_puts(text->out, "\n");
	text_blank(text);
}

/* ---- entries ------------------------------------------------------------------------------ */

static void emit_states(struct strbuf *out, const struct entry *entry)
{
	static const char *const names[ARM_STATES] = {
	    [ARM_NEVER] = "never armed",
	    [ARM_ARMED] = "armed",
	    [ARM_EXPIRED] = "expired",
	    [ARM_DISARMED] = "disarmed",
	};
	const char *separator = "";
	size_t i;

	for (i = 0; i < ARM_STATES; i++) {
		if (!entry->states[i])
			continue;
		strbuf_puts(out, separator);
		if (entry->states[i] != entry->count)
			strbuf_printf(out, "%llu ", (unsigned long long)entry->states[i]);
		strbuf_puts(out, names[i]);
		separator = ", ";
	}
}

static void emit_ages(struct strbuf *out, const struct entry *entry)
{
	char min[HUMAN_SIZE], median[HUMAN_SIZE], max[HUMAN_SIZE];

	human_duration(min, entry->age_min);
	human_duration(max, entry->age_max);
	if (strcmp(min, max) == 0)
		strbuf_printf(out, "; age %s", min);
	else
		strbuf_printf(out, "; age %s to %s, median %s", min, max,
			      human_duration(median, entry->age_median));
}

static void emit_state_line(const struct text *text, const struct entry *entry)
{
	uint64_t created = entry->site->stopped + entry->site->live;
	char clock[CLOCK_NAME_SIZE], bytes[HUMAN_SIZE];

	text_begin(text);
	strbuf_puts(text->out, "    ");
	emit_states(text->out, entry);
	emit_ages(text->out, entry);
	strbuf_printf(text->out, "; %s", clock_name(clock, entry->clock));
	if (entry->site->timer == TL_POSIX)
		strbuf_printf(text->out, ", notify %s", notify_name(entry->notify));
	if (entry->undrained)
		strbuf_printf(text->out, "; %llu undrained", (unsigned long long)entry->undrained);
	if (entry->retained_bytes && !text_has_retained(entry))
		strbuf_printf(text->out, "; %s retained",
			      human_bytes(bytes, entry->retained_bytes));
	if (entry->baselined)
		strbuf_printf(text->out, "; of %llu live ones %llu %s in the baseline",
			      (unsigned long long)entry->count,
			      (unsigned long long)entry->baselined,
			      entry->baselined == 1 ? "is" : "are");
	if (created > entry->count)
		strbuf_printf(text->out, "; %llu created here", (unsigned long long)created);
	strbuf_puts(text->out, "\n");
}

static void emit_leak(const struct text *text, const struct entry *entry)
{
	struct strbuf title = STRBUF_INIT;

	text_timers(&title, entry->site->timer, entry_leaked(entry));
	strbuf_puts(&title, " leaked");
	text_begin(text);
	if (!title.failed)
		text_styled(text, STYLE_BAD, title.data);
	text->out->failed |= title.failed;
	strbuf_free(&title);
	strbuf_printf(text->out, " (%s, %s): %s", verdict_kind_name(entry->verdict.kind),
		      verdict_class_name(entry->verdict.class), entry->evidence);
	text_pids(text, entry);
	strbuf_puts(text->out, "\n");
	emit_state_line(text, entry);
	if (text_has_retained(entry))
		text_retained(text, entry);
	text_stack(text, entry->site->stack);
	text_freed_by(text, entry);
	text_begin(text);
	strbuf_puts(text->out, "    advice: ");
	strbuf_puts(text->out, entry->advice);
	strbuf_puts(text->out, "\n");
	if (text->report->options.gen_suppressions)
		text_suppression(text, entry);
	text_blank(text);
}

/* One line: nobody has to act on it. */
static void emit_other(const struct text *text, const struct entry *entry)
{
	text_begin(text);
	strbuf_printf(text->out, "%s: ", verdict_kind_name(entry->verdict.kind));
	text_timers(text->out, entry->site->timer, entry->count);
	strbuf_puts(text->out, " made");
	text_where(text->out, entry->site->stack);
	strbuf_printf(text->out, " (%s): %s", verdict_class_name(entry->verdict.class),
		      entry->evidence);
	if (entry->undrained)
		strbuf_printf(text->out, "; %llu undrained", (unsigned long long)entry->undrained);
	text_pids(text, entry);
	strbuf_puts(text->out, "\n");
}

static size_t emit_entries(const struct text *text)
{
	const struct report *report = text->report;
	size_t i, others = 0;

	for (i = 0; i < report->entry_count; i++) {
		const struct entry *entry = report->entries[i];

		if (entry->suppressed_by || entry->baselined == entry->count)
			continue;
		if (entry->leaked) {
			emit_leak(text, entry);
			continue;
		}
		emit_other(text, entry);
		others++;
	}
	return others;
}

/* ---- what else there is to say ------------------------------------------------------------ */

static bool is_own(const struct suppressions *rules, size_t i)
{
	size_t line, sites;

	return strcmp(suppressions_origin(rules, i, &line, &sites), SUPPRESSIONS_OWN) == 0;
}

static size_t emit_suppressions(const struct text *text)
{
	const struct suppressions *rules = text->report->suppressions;
	size_t i, lines = 0, count = rules ? suppressions_count(rules) : 0;

	for (i = 0; i < count; i++) {
		uint64_t hits;
		bool is_default;
		const char *rule = suppressions_rule(rules, i, &hits, &is_default);

		if (!hits)
			continue;
		text_begin(text);
		strbuf_printf(text->out, "suppressed: %llu timer%s by %s", (unsigned long long)hits,
			      hits == 1 ? "" : "s",
			      !is_default	 ? ""
			      : is_own(rules, i) ? "the program's own rule "
						 : "the shipped rule ");
		strbuf_puts_safe(text->out, rule);
		strbuf_puts(text->out, "\n");
		lines++;
	}
	return lines;
}

static size_t emit_baselined(const struct text *text)
{
	const struct report *report = text->report;
	uint64_t old = report->summary.baselined;
	size_t i, sites = 0;

	if (!old)
		return 0;
	for (i = 0; i < report->entry_count; i++)
		sites += report->entries[i]->baselined > 0;
	text_begin(text);
	strbuf_printf(text->out,
		      "baselined: %llu timer%s in %zu record%s, in the baseline already\n",
		      (unsigned long long)old, old == 1 ? "" : "s", sites, sites == 1 ? "" : "s");
	return 1;
}

static size_t emit_hazards(const struct text *text)
{
	size_t i;

	for (i = 0; i < text->report->hazard_count; i++) {
		const struct report_hazard *hazard = &text->report->hazards[i];

		text_begin(text);
		strbuf_printf(text->out, "hazard: %s, %llu time%s: %s", hazard_name(hazard->hazard),
			      (unsigned long long)hazard->count, hazard->count == 1 ? "" : "s",
			      explain_hazard(hazard->hazard));
		if (hazard->site) {
			strbuf_puts(text->out, "; made");
			text_where(text->out, hazard->site->stack);
		}
		strbuf_puts(text->out, "\n");
	}
	return text->report->hazard_count;
}

static size_t emit_warnings(const struct text *text)
{
	size_t i;

	for (i = 0; i < text->report->warning_count; i++) {
		text_begin(text);
		strbuf_puts(text->out, "note: ");
		strbuf_puts_safe(text->out, text->report->warnings[i]);
		strbuf_puts(text->out, "\n");
	}
	return text->report->warning_count;
}

static bool has_nothing_to_say(const struct report *report, const struct gate *gate)
{
	const struct report_summary *sum = &report->summary;

	return sum->created == 0 && report->hazard_count == 0 && report->warning_count == 0 &&
	       report->left_heap_count == 0 && sum->inherited == 0 && sum->untracked == 0 &&
	       !gate->reasons[0];
}

int emit_text(struct strbuf *out, const struct report *report, const struct gate *gate,
	      bool colored)
{
	struct tally rules = {NULL};
	struct frame_cache frames = {NULL};
	const struct text text = {
	    .out = out, .report = report, .colored = colored, .rules = &rules, .frames = &frames};
	size_t lines;

	if (!has_nothing_to_say(report, gate)) {
		emit_head(&text);
		lines = emit_entries(&text);
		lines += emit_suppressions(&text);
		lines += emit_baselined(&text);
		lines += emit_hazards(&text);
		lines += text_left_heap(&text);
		lines += emit_warnings(&text);
		if (lines)
			text_blank(&text);
		text_table(&text);
		text_gate(&text, gate);
	}
	tally_free(&rules);
	frame_cache_free(&frames);
	text_summary_line(&text);
	return out->failed ? -1 : 0;
}

int emit_text_summary(struct strbuf *out, const struct report *report, const struct gate *gate,
		      bool colored)
{
	const struct text text = {.out = out, .report = report, .colored = colored};

	/* The notes that say so are elsewhere, and what fails for it says it by itself. */
	if (!report->complete && gate->state != GATE_FAILED) {
		text_begin(&text);
		strbuf_puts(out, "note: the data is incomplete: there may be more\n");
	}
	text_gate(&text, gate);
	text_summary_line(&text);
	return out->failed ? -1 : 0;
}
