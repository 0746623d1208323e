/* SPDX-License-Identifier: MIT */
#include "report_entries.h"
#include "explain.h"
#include "report_baseline.h"

#include <stdlib.h>
#include <string.h>

static const char *sentence(struct report *report, struct strbuf *text, const struct entry *entry,
			    void (*explain)(struct strbuf *, const struct entry *))
{
	text->len = 0;
	explain(text, entry);
	return text->failed ? NULL : words_keep(&report->words, text->data);
}

static int entry_words(struct report *report, struct strbuf *text, struct entry *entry)
{
	entry->evidence = sentence(report, text, entry, explain_evidence);
	entry->advice = sentence(report, text, entry, explain_advice);
	return entry->evidence && entry->advice ? 0 : -1;
}

static void entry_judge(struct report *report, struct entry *entry)
{
	struct suppress_subject subject = {
	    .frames = entry->site->stack->frames,
	    .frame_count = entry->site->stack->count,
	    .timerfd = entry->site->timer == TL_TIMERFD,
	    .class = verdict_class_name(entry->verdict.class),
	    .timers = entry->count,
	    .site = entry->site->ordinal,
	    .images = entry->images,
	    .image_count = entry->image_count,
	};

	if (report->suppressions)
		entry->suppressed_by = suppressions_match(report->suppressions, &subject);
	entry->leaked =
	    !entry->suppressed_by && (report->options.leak_kinds & KIND_BIT(entry->verdict.kind));
}

static uint64_t weight(const struct entry *entry)
{
	return entry->leaked ? entry_leaked(entry) : entry->count;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	int order;

	if (x->leaked != y->leaked)
		return x->leaked ? -1 : 1;
	if (!x->suppressed_by != !y->suppressed_by)
		return x->suppressed_by ? 1 : -1;
	if (weight(x) != weight(y))
		return weight(x) > weight(y) ? -1 : 1;
	if (x->retained_bytes != y->retained_bytes)
		return x->retained_bytes > y->retained_bytes ? -1 : 1;
	if (x->verdict.kind != y->verdict.kind)
		return x->verdict.kind < y->verdict.kind ? -1 : 1;
	order = strcmp(x->site->fingerprint, y->site->fingerprint);
	if (order)
		return order;
	if (x->verdict.class != y->verdict.class)
		return x->verdict.class < y->verdict.class ? -1 : 1;
	/* Two places in one function have one fingerprint. */
	return x->site->ordinal < y->site->ordinal ? -1 : 1;
}

static size_t count_entries(const struct group *group)
{
	const struct entry *entry;
	size_t i, count = 0;

	for (i = 0; i < group_site_count(group); i++)
		for (entry = group_site(group, i)->entries; entry; entry = entry->next)
			count++;
	return count;
}

static void collect(struct report *report)
{
	struct entry *entry;
	size_t i;

	for (i = 0; i < group_site_count(report->group); i++) {
		for (entry = group_site(report->group, i)->entries; entry; entry = entry->next) {
			entry_judge(report, entry);
			report->entries[report->entry_count++] = entry;
		}
	}
}

/* Last: they depend on how many are leaked. */
static int put_in_words(struct report *report)
{
	struct strbuf text = STRBUF_INIT;
	int failed = 0;
	size_t i;

	for (i = 0; i < report->entry_count && !failed; i++)
		failed = entry_words(report, &text, report->entries[i]);
	strbuf_free(&text);
	return failed;
}

int report_collect_entries(struct report *report)
{
	report->entries = calloc(count_entries(report->group) + 1, sizeof(*report->entries));
	if (!report->entries)
		return -1;
	collect(report);
	if (report_apply_baseline(report) || put_in_words(report))
		return -1;
	if (report->entry_count)
		qsort(report->entries, report->entry_count, sizeof(*report->entries),
		      compare_entries);
	return 0;
}
