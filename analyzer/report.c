/* SPDX-License-Identifier: MIT */
#include "report.h"
#include "report_entries.h"
#include "report_heap.h"
#include "report_own_rules.h"
#include "report_warnings.h"
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_free(struct report *report)
{
	size_t i;

	for (i = 0; i < report->warning_count; i++)
		free(report->warnings[i]);
	free(report->warnings);
	free(report->entries);
	free(report->hazards);
	free(report->left_heap);
	free(report->own_rules_error);
	group_free(report->group);
	words_free(&report->words);
	*report = (struct report){0};
}

int report_warn(struct report *report, const char *format, ...)
{
	char *text;
	va_list ap;
	size_t i;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	if (len < 0)
		return -1;
	for (i = 0; i < report->warning_count; i++) {
		if (strcmp(report->warnings[i], text) == 0) {
			free(text);
			return 0;
		}
	}
	if (!array_grow(&report->warnings, report->warning_count, &report->warning_capacity,
			sizeof(char *))) {
		free(text);
		return -1;
	}
	report->warnings[report->warning_count++] = text;
	return 0;
}

static int compare_images(const void *a, const void *b)
{
	const struct image *x = *(const struct image *const *)a;
	const struct image *y = *(const struct image *const *)b;

	if (x->header.start_realtime != y->header.start_realtime)
		return x->header.start_realtime < y->header.start_realtime ? -1 : 1;
	if (x->header.pid != y->header.pid)
		return x->header.pid < y->header.pid ? -1 : 1;
	return strcmp(x->source, y->source);
}

void report_order_images(const struct image **images, size_t count)
{
	if (count)
		qsort(images, count, sizeof(*images), compare_images);
}

const char *report_ended(const struct image *image)
{
	if (image->alive)
		return "running";
	switch (image->header.end_state) {
	case TL_END_EXIT:
		return "exit";
	case TL_END__EXIT:
		return "_exit";
	case TL_END_QUICK_EXIT:
		return "quick_exit";
	case TL_END_EXEC:
		return "exec";
	case TL_END_SIGNAL:
		return "signal";
	default:
		return "unknown";
	}
}

/* ---- hazards ------------------------------------------------------------------------------ */

static int add_hazard(struct report *report, enum tl_hazard hazard, uint64_t count,
		      const struct merged_site *site)
{
	if (count == 0)
		return 0;
	if (!array_grow(&report->hazards, report->hazard_count, &report->hazard_capacity,
			sizeof(*report->hazards)))
		return -1;
	report->hazards[report->hazard_count++] = (struct report_hazard){hazard, count, site};
	report->summary.hazards += count;
	return 0;
}

static int collect_hazards(struct report *report)
{
	uint64_t by_exec = 0, placed = 0;
	size_t i, k;

	for (k = 0; k < TL_HAZARDS; k++) {
		for (i = 0; i < group_site_count(report->group); i++) {
			const struct merged_site *site = group_site(report->group, i);

			if (add_hazard(report, (enum tl_hazard)k, site->hazards[k], site))
				return -1;
			if (k == TL_HAZ_CLOEXEC_MISSING)
				placed += site->hazards[k];
		}
	}
	/* The image that receives a timerfd does not know the site that made it. */
	for (i = 0; i < report->image_count; i++)
		by_exec += report->images[i]->header.inherited_exec;
	return add_hazard(report, TL_HAZ_CLOEXEC_MISSING, by_exec > placed ? by_exec - placed : 0,
			  NULL);
}

/* ---- numbers ------------------------------------------------------------------------------ */

/* A site that leaks in two ways is one site. */
static bool is_first_leak_of_site(const struct entry *entry)
{
	const struct entry *first = entry->site->entries;

	while (!first->leaked)
		first = first->next;
	return first == entry;
}

static void sum_entries(struct report *report)
{
	struct report_summary *sum = &report->summary;
	size_t i;

	for (i = 0; i < report->entry_count; i++) {
		const struct entry *entry = report->entries[i];

		sum->live += entry->count;
		if (entry->suppressed_by) {
			sum->suppressed += entry->count;
			continue;
		}
		sum->kinds[entry->verdict.kind] += entry->count - entry->baselined;
		sum->baselined += entry->baselined;
		sum->undrained += entry->undrained - entry->undrained_old;
		if (!entry->leaked)
			continue;
		sum->leaked += entry_leaked(entry);
		sum->retained_bytes = sum_capped(sum->retained_bytes, entry->retained_bytes);
		sum->sites += is_first_leak_of_site(entry);
	}
}

static void sum_images(struct report *report)
{
	struct report_summary *sum = &report->summary;
	size_t i;

	for (i = 0; i < group_site_count(report->group); i++)
		sum->stopped += group_site(report->group, i)->stopped;
	for (i = 0; i < report->image_count; i++) {
		const struct tl_header *header = &report->images[i]->header;

		sum->inherited += (uint64_t)header->inherited_fork + header->inherited_exec;
		sum->untracked += (uint64_t)header->untracked_posix + header->untracked_timerfd;
		sum->lost_records +=
		    header->lost_timers + header->lost_sites + header->lost_modules;
		sum->lost_stacks += header->lost_stacks;
		if (image_incomplete(report->images[i]))
			report->complete = false;
	}
	sum->created = sum->stopped + sum->live;
	sum->undrained_unknown = group_undrained_unknown(report->group);
}

const struct image *report_main_image(const struct image *const *images, size_t count, uint32_t pid)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (pid ? images[i]->header.pid == pid : images[i]->header.run_main)
			return images[i];
	return !pid && count ? images[0] : NULL;
}

const struct image *report_end_image(const struct report *report)
{
	const struct image *found = NULL;
	size_t i;

	for (i = 0; i < report->image_count; i++)
		if (report->images[i]->header.pid == report->main_pid)
			found = report->images[i];
	return found;
}

static uint32_t find_main_pid(const struct report *report)
{
	const struct image *main;

	if (report->options.main_pid)
		return report->options.main_pid;
	main = report_main_image(report->images, report->image_count, 0);
	return main ? main->header.pid : 0;
}

static int add_image(struct group *group, const struct image *image)
{
	int result = image_load(image);

	if (!result)
		result = group_add(group, image);
	image_unload(image);
	return result;
}

/* They are in notes, which are there only now that every image was looked at. */
static int take_own_rules(struct report *report)
{
	if (!report->suppressions)
		return 0;
	suppressions_restart(report->suppressions);
	if (report->options.no_own_rules)
		return 0;
	if (report_own_rules(report->suppressions, report->images, report->image_count,
			     &report->own_rules_error))
		return -1;
	return report->own_rules_error ? report_warn(report, "%s", report->own_rules_error) : 0;
}

int report_build(struct report *report, const struct image *const *images, size_t count,
		 struct symbolizer *sym, struct suppressions *suppressions,
		 const struct report_options *options)
{
	size_t i;

	*report = (struct report){
	    .options = *options,
	    .complete = !options->incomplete,
	    .images = images,
	    .image_count = count,
	    .suppressions = suppressions,
	    .group = group_new(sym),
	};
	if (!report->group)
		return -1;
	for (i = 0; i < count; i++)
		if (add_image(report->group, images[i]))
			return -1;
	if (group_finish(report->group) || take_own_rules(report) ||
	    report_collect_entries(report) || collect_hazards(report) ||
	    report_collect_heap(report) || symbolizer_failed(sym))
		return -1;
	sum_entries(report);
	sum_images(report);
	report->main_pid = find_main_pid(report);
	return report_collect_warnings(report, sym);
}
