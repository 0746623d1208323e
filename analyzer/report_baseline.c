/* SPDX-License-Identifier: MIT */
#include "report_baseline.h"
#include "util.h"

#define HASH_NONFATAL_OOM	     1
#define uthash_nonfatal_oom(element) ((element)->failed = true)
#include <uthash.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 48

/* How many timers of a fingerprint, or of a fingerprint and a class, are old. */
struct allowance {
	char key[KEY_SIZE];
	uint64_t timers, undrained;
	bool failed;
	UT_hash_handle hh;
};

struct allowances {
	struct allowance *all;
};

static void class_key(char out[KEY_SIZE], const char *fingerprint, const char *class)
{
	snprintf(out, KEY_SIZE, "%s %s", fingerprint, class);
}

static struct allowance *find(const struct allowances *list, const char *key)
{
	struct allowance *found;

	HASH_FIND_STR(list->all, key, found);
	return found;
}

static struct allowance *find_or_add(struct allowances *list, const char *key)
{
	struct allowance *item = find(list, key);

	if (item)
		return item;
	item = calloc(1, sizeof(*item));
	if (!item)
		return NULL;
	snprintf(item->key, sizeof(item->key), "%s", key);
	HASH_ADD_STR(list->all, key, item);
	if (!item->failed)
		return item;
	free(item);
	return NULL;
}

static void free_all(struct allowances *list)
{
	struct allowance *item, *next;

	HASH_ITER (hh, list->all, item, next) {
		HASH_DEL(list->all, item);
		free(item);
	}
}

/* What was suppressed when the baseline was made, or did not count as leaked, allows nothing. */
static int add_site(struct allowances *list, const struct baseline_site *site, unsigned leak_kinds)
{
	struct allowance *all, *of_class;
	char key[KEY_SIZE];

	if (site->suppressed_by)
		return 0;
	class_key(key, site->fingerprint, site->class);
	all = find_or_add(list, site->fingerprint);
	of_class = find_or_add(list, key);
	if (!all || !of_class)
		return -1;
	all->undrained = sum_capped(all->undrained, site->undrained);
	if (!(leak_kinds & KIND_BIT(site->kind)))
		return 0;
	all->timers = sum_capped(all->timers, site->count);
	of_class->timers = sum_capped(of_class->timers, site->count);
	return 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Of `of_class`, or of all that the fingerprint has left. */
static void take(struct entry *entry, struct allowance *all, struct allowance *of_class)
{
	uint64_t want = entry->count - entry->baselined, n = smaller(want, all->timers);

	if (of_class) {
		n = smaller(n, of_class->timers);
		of_class->timers -= n;
	}
	all->timers -= n;
	entry->baselined += n;
}

static void take_timers(struct entry *entry, const struct allowances *list, bool same_class)
{
	struct allowance *all = find(list, entry->site->fingerprint), *of_class = NULL;
	char key[KEY_SIZE];

	if (!all || !entry->leaked)
		return;
	if (same_class) {
		class_key(key, entry->site->fingerprint, verdict_class_name(entry->verdict.class));
		of_class = find(list, key);
		if (!of_class)
			return;
	}
	take(entry, all, of_class);
}

static void take_undrained(struct entry *entry, const struct allowances *list)
{
	struct allowance *all = find(list, entry->site->fingerprint);

	if (!all || entry->suppressed_by)
		return;
	entry->undrained_old = smaller(entry->undrained, all->undrained);
	all->undrained -= entry->undrained_old;
}

int report_apply_baseline(struct report *report)
{
	const struct baseline *baseline = report->options.baseline;
	struct allowances list = {NULL};
	int failed = 0;
	size_t i;

	for (i = 0; baseline && !failed && i < baseline->site_count; i++)
		failed = add_site(&list, &baseline->sites[i], report->options.leak_kinds);
	/* The class may differ from run to run: first those that did not. */
	for (i = 0; !failed && i < report->entry_count; i++)
		take_timers(report->entries[i], &list, true);
	for (i = 0; !failed && i < report->entry_count; i++) {
		take_timers(report->entries[i], &list, false);
		take_undrained(report->entries[i], &list);
	}
	for (i = 0; i < report->entry_count; i++)
		if (report->entries[i]->baselined == report->entries[i]->count)
			report->entries[i]->leaked = false;
	free_all(&list);
	return failed;
}
