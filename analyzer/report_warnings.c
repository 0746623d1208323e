/* SPDX-License-Identifier: MIT */
#include "report_warnings.h"
#include "strbuf.h"
#include "util.h"

#include <string.h>

/* A reader has understood by then; each is compared with all before it. */
#define WARNINGS_MAX 200

/* What an image count adds up to over all images. */
struct totals {
	uint64_t gone, posix, timerfd, unexamined, inexact_forks;
};

static struct totals add_up(const struct report *report)
{
	struct totals sum = {0};
	size_t i;

	for (i = 0; i < report->image_count; i++) {
		const struct image *image = report->images[i];

		sum.gone += image->header.gone_unseen;
		sum.posix += image->header.untracked_posix;
		sum.timerfd += image->header.untracked_timerfd;
		sum.inexact_forks += (image->header.flags & TL_HDR_FORK_INEXACT) != 0;
		sum.unexamined += image_ended_by_itself(image) &&
				  !(image->header.evidence & TL_EV_DONE) &&
				  image_has_live_timers(image);
	}
	return sum;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

#define N(count) (unsigned long long)(count), plural(count)

static int warn_damage(struct report *report)
{
	size_t i;

	for (i = 0; i < report->image_count; i++)
		if (report->images[i]->damage &&
		    report_warn(report, "incomplete trace %s: %s", report->images[i]->source,
				report->images[i]->damage))
			return -1;
	return 0;
}

/* In a sandbox the shim cannot mask signals: what a handler does in the midst of its work is lost.
 */
static bool lost_in_sandbox(const struct report *report)
{
	size_t i;

	for (i = 0; i < report->image_count; i++)
		if (report->images[i]->header.flags & TL_HDR_QUIET &&
		    report->images[i]->header.lost_timers)
			return true;
	return false;
}

static int warn_losses(struct report *report)
{
	const struct report_summary *sum = &report->summary;

	if (sum->lost_records &&
	    report_warn(
		report, "%llu record%s lost: the trace was full%s", N(sum->lost_records),
		lost_in_sandbox(report)
		    ? ", or a handler came in between where it could not be kept out (seccomp)"
		    : ""))
		return -1;
	if (sum->lost_stacks &&
	    report_warn(report, "%llu stack%s lost: the trace was full", N(sum->lost_stacks)))
		return -1;
	return 0;
}

static int warn_heap(struct report *report)
{
	const struct heap_summary *heap = &report->heap;
	char took[HUMAN_SIZE];

	if (heap->lost_blocks &&
	    report_warn(report,
			"%llu heap block%s could not be recorded: heap evidence may be missing",
			N(heap->lost_blocks)))
		return -1;
	if (heap->reach == REACH_CUT &&
	    report_warn(report,
			"the search for what holds the timers was cut short after %s: timers may "
			"be called possible that are held or unreachable, and retained bytes are "
			"a lower bound",
			human_duration(took, heap->longest_cut)))
		return -1;
	return 0;
}

static int warn_unseen(struct report *report, const struct totals *sum)
{
	if (sum->posix &&
	    report_warn(report, "untracked: %llu POSIX timer%s that no hook saw being made",
			N(sum->posix)))
		return -1;
	if (sum->timerfd &&
	    report_warn(report, "untracked: %llu timerfd%s that no hook saw being made",
			N(sum->timerfd)))
		return -1;
	if (sum->gone && report_warn(report,
				     "%llu timer%s stopped by a call that no hook saw, "
				     "and counted as stopped",
				     N(sum->gone)))
		return -1;
	return 0;
}

static int warn_evidence(struct report *report, const struct totals *sum)
{
	const struct report_summary *all = &report->summary;

	if (sum->unexamined &&
	    report_warn(report,
			"the end of %llu process%s could not be examined: timers that are "
			"still held may be counted as leaked",
			(unsigned long long)sum->unexamined, sum->unexamined == 1 ? "" : "es"))
		return -1;
	if (sum->inexact_forks &&
	    report_warn(report, "a fork was not seen as it happened (_Fork or a raw clone): "
				"inherited timers may be inexact"))
		return -1;
	if (all->undrained_unknown &&
	    report_warn(report,
			"undrained is unknown for %llu timer%s: of processes that were killed or "
			"still run, set by a call that no hook saw, or shared over a socket",
			N(all->undrained_unknown)))
		return -1;
	return 0;
}

static int warn_notes(struct report *report, const struct image *image)
{
	size_t i;

	for (i = 0; i < image->note_count; i++) {
		const struct tl_note *note = &image->notes[i];

		if (note->state == TL_SLOT_EMPTY || !note->text[0] || note->code == TL_NOTE_RULES)
			continue;
		if (report->warning_count >= WARNINGS_MAX)
			return report_warn(report, "further notes are left out");
		if (report_warn(report, "%s", note->text))
			return -1;
	}
	return 0;
}

/* ---- suppressions -------------------------------------------------------------------------- */

#define NAMED_MAX   5 /* rules named in one note */
#define BROAD_SITES 4 /* of fewer, any rule matches more than half */

static int warn_unused(struct report *report)
{
	const struct suppressions *rules = report->suppressions;
	struct strbuf names = STRBUF_INIT;
	size_t i, unused = 0, line, sites;
	int failed = 0;

	for (i = 0; i < suppressions_count(rules); i++) {
		uint64_t hits;
		bool is_default;
		const char *text = suppressions_rule(rules, i, &hits, &is_default);
		const char *origin = suppressions_origin(rules, i, &line, &sites);

		if (is_default || sites)
			continue;
		if (unused++ < NAMED_MAX)
			strbuf_printf(&names, "%s%s:%zu: %s", unused > 1 ? ", " : "", origin, line,
				      text);
	}
	if (unused)
		failed = names.failed ||
			 report_warn(report, "%zu suppression%s matched nothing: %s%s", unused,
				     plural(unused), names.data, unused > NAMED_MAX ? ", ..." : "");
	strbuf_free(&names);
	return failed ? -1 : 0;
}

static size_t sites_with_entries(const struct report *report)
{
	size_t i, count = 0;

	for (i = 0; i < group_site_count(report->group); i++)
		count += group_site(report->group, i)->entries != NULL;
	return count;
}

static int warn_broad(struct report *report, size_t all)
{
	const struct suppressions *rules = report->suppressions;
	size_t i, line, sites;

	for (i = 0; all >= BROAD_SITES && i < suppressions_count(rules); i++) {
		uint64_t hits;
		bool is_default;
		const char *text = suppressions_rule(rules, i, &hits, &is_default);
		const char *origin = suppressions_origin(rules, i, &line, &sites);

		if (sites * 2 > all && report->warning_count < WARNINGS_MAX &&
		    report_warn(report,
				"a suppression matches %zu of all %zu sites, and may hide "
				"what it was not made for: %s:%zu: %s",
				sites, all, origin, line, text))
			return -1;
	}
	return 0;
}

/* Where there is nothing to match, no rule is to blame. */
static int warn_suppressions(struct report *report)
{
	size_t all = sites_with_entries(report);

	if (!report->suppressions || !all)
		return 0;
	return warn_unused(report) || warn_broad(report, all) ? -1 : 0;
}

int report_collect_warnings(struct report *report, struct symbolizer *sym)
{
	const struct totals sum = add_up(report);
	const char *const *text;
	size_t i;

	if (warn_damage(report) || warn_losses(report) || warn_unseen(report, &sum) ||
	    warn_evidence(report, &sum) || warn_heap(report) || warn_suppressions(report))
		return -1;
	for (i = 0; i < report->image_count; i++)
		if (warn_notes(report, report->images[i]))
			return -1;
	for (text = symbolizer_warnings(sym); text && *text; text++)
		if (report_warn(report, "%s", *text))
			return -1;
	return 0;
}
