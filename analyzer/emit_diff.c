/* SPDX-License-Identifier: MIT */
#include "emit_diff.h"
#include "text_parts.h"

/* ---- sites ---------------------------------------------------------------------------------- */

static void emit_stack(struct strbuf *out, const struct baseline_site *site)
{
	unsigned number = 0;
	size_t i;

	for (i = 0; i < site->frame_count; i++) {
		if (!frame_is_user(site->frames[i]))
			continue;
		strbuf_printf(out, "    #%u ", number++);
		text_frame(out, site->frames[i]);
		strbuf_puts(out, site->frames[i]->inlined ? " (inlined)\n" : "\n");
	}
	if (!number)
		strbuf_puts(out, "    (no frame of the program is known)\n");
}

static void emit_site(struct strbuf *out, const struct diff_site *site)
{
	const struct baseline_site *shown = site->shown;
	unsigned long long base = site->base.leaked, now = site->now.leaked;

	strbuf_printf(out, "%s: ", diff_change_name(site->change));
	text_timers(out, shown->timerfd ? TL_TIMERFD : TL_POSIX, now ? now : base);
	if (site->change == DIFF_GROWN)
		strbuf_printf(out, ", %llu more than %llu", now - base, base);
	else if (site->change == DIFF_SHRUNK)
		strbuf_printf(out, ", %llu fewer than %llu", base - now, base);
	strbuf_printf(out, " (%s, ", verdict_kind_name(shown->kind));
	strbuf_puts_safe(out, shown->class);
	strbuf_puts(out, ")\n");
	emit_stack(out, shown);
	strbuf_puts(out, "\n");
}

/* ---- the end -------------------------------------------------------------------------------- */

static void emit_gate(struct strbuf *out, const struct diff_output *in)
{
	const struct gate *gate = in->gate;
	size_t i;

	for (i = 0; gate->reasons[i]; i++) {
		strbuf_puts(out, "gate failed: ");
		if (gate->reasons[i][0] == 'i')
			strbuf_puts(out, "the data is incomplete\n");
		else
			strbuf_printf(out, "%llu more leaked, at most %lld allowed\n",
				      (unsigned long long)in->diff->more,
				      (long long)gate->limits.max_leaks);
	}
}

/* Else what a killed process did not come to tell would look mended. */
static void emit_undecided(struct strbuf *out, uint64_t count, const char *side, const char *what)
{
	if (count)
		strbuf_printf(out,
			      "note: %llu timer%s undecided in %s (killed, or still running): %s\n",
			      (unsigned long long)count, count == 1 ? " is" : "s are", side, what);
}

void emit_diff_summary(struct strbuf *out, const struct diff_output *in)
{
	const struct diff *diff = in->diff;
	size_t grown = diff->changes[DIFF_NEW] + diff->changes[DIFF_GROWN];
	const char *separator = " (";
	int k;

	emit_undecided(out, diff->base_undecided, "BASE", "what is new may have been there");
	emit_undecided(out, diff->now_undecided, "NEW", "what is gone may still be there");
	emit_gate(out, in);
	strbuf_printf(out, "SUMMARY: timerleak diff: %llu more timer%s leaked",
		      (unsigned long long)diff->more, diff->more == 1 ? "" : "s");
	if (grown)
		strbuf_printf(out, " at %zu site%s", grown, grown == 1 ? "" : "s");
	if (diff->fewer)
		strbuf_printf(out, ", %llu fewer", (unsigned long long)diff->fewer);
	for (k = 0; k < DIFF_SAME; k++) {
		if (!diff->changes[k])
			continue;
		strbuf_printf(out, "%s%zu %s", separator, diff->changes[k],
			      diff_change_name((enum diff_change)k));
		separator = ", ";
	}
	strbuf_puts(out, separator[0] == ',' ? ")\n" : "\n");
}

int emit_diff_text(struct strbuf *out, const struct diff_output *in)
{
	const struct diff *diff = in->diff;
	size_t i, same = diff->changes[DIFF_SAME];

	strbuf_puts(out, "timerleak diff: ");
	strbuf_puts_safe(out, in->base);
	strbuf_puts(out, " -> ");
	strbuf_puts_safe(out, in->now);
	strbuf_printf(out, ": %llu -> %llu timers leaked\n\n",
		      (unsigned long long)diff->base.leaked, (unsigned long long)diff->now.leaked);
	for (i = 0; i < diff->count; i++)
		if (diff->sites[i].change != DIFF_SAME)
			emit_site(out, &diff->sites[i]);
	if (same)
		strbuf_printf(out, "%zu site%s the same\n", same, same == 1 ? " is" : "s are");
	if (!diff->complete)
		strbuf_puts(out, "note: the data is incomplete: there may be more\n");
	emit_diff_summary(out, in);
	return out->failed ? -1 : 0;
}
