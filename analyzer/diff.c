/* SPDX-License-Identifier: MIT */
#include "diff.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	     1
#define uthash_nonfatal_oom(element) ((element)->failed = true)
#include <uthash.h>

struct node {
	struct diff_site site;
	bool failed;
	UT_hash_handle hh;
};

const char *diff_change_name(enum diff_change change)
{
	static const char *const names[] = {
	    [DIFF_NEW] = "new",	  [DIFF_GROWN] = "grown", [DIFF_SHRUNK] = "shrunk",
	    [DIFF_GONE] = "gone", [DIFF_SAME] = "same",
	};

	return names[change];
}

/* ---- collecting ---------------------------------------------------------------------------- */

static bool counts(const struct baseline_site *site, unsigned leak_kinds,
		   struct suppressions *rules, size_t number)
{
	const struct suppress_subject subject = {
	    .frames = site->frames,
	    .frame_count = site->frame_count,
	    .timerfd = site->timerfd,
	    .class = site->class,
	    .timers = site->count,
	    .site = number,
	};

	return !site->suppressed_by && (leak_kinds & KIND_BIT(site->kind)) &&
	       !suppressions_match(rules, &subject);
}

static void add_undecided(struct diff *diff, const struct baseline_site *site, bool now,
			  struct suppressions *rules, size_t number)
{
	uint64_t *sum = now ? &diff->now_undecided : &diff->base_undecided;

	if (site->kind == KIND_UNDECIDED && counts(site, KIND_BIT(KIND_UNDECIDED), rules, number))
		*sum = sum_capped(*sum, site->count);
}

static struct node *find_or_add(struct node **all, const char *fingerprint)
{
	struct node *node;

	HASH_FIND_STR(*all, fingerprint, node);
	if (node)
		return node;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	HASH_ADD_KEYPTR(hh, *all, fingerprint, strlen(fingerprint), node);
	if (!node->failed)
		return node;
	free(node);
	return NULL;
}

static void add_numbers(struct diff_numbers *sum, const struct baseline_site *site)
{
	sum->leaked = sum_capped(sum->leaked, site->count);
	sum->undrained = sum_capped(sum->undrained, site->undrained);
	sum->retained_bytes = sum_capped(sum->retained_bytes, site->retained_bytes);
}

static int add_side(struct diff *diff, struct node **all, const struct baseline *side, bool now,
		    unsigned leak_kinds, struct suppressions *rules)
{
	size_t i;

	for (i = 0; i < side->site_count; i++) {
		const struct baseline_site *site = &side->sites[i];
		struct node *node;

		add_undecided(diff, site, now, rules, i);
		if (!counts(site, leak_kinds, rules, i))
			continue;
		node = find_or_add(all, site->fingerprint);
		if (!node)
			return -1;
		if (!node->site.shown || (now && !node->site.now.leaked))
			node->site.shown = site;
		add_numbers(now ? &node->site.now : &node->site.base, site);
		add_numbers(now ? &diff->now : &diff->base, site);
	}
	return 0;
}

/* ---- the outcome --------------------------------------------------------------------------- */

static enum diff_change change_of(const struct diff_site *site)
{
	if (!site->base.leaked)
		return DIFF_NEW;
	if (!site->now.leaked)
		return DIFF_GONE;
	if (site->now.leaked == site->base.leaked)
		return DIFF_SAME;
	return site->now.leaked > site->base.leaked ? DIFF_GROWN : DIFF_SHRUNK;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int compare(const void *a, const void *b)
{
	const struct diff_site *x = a, *y = b;
	uint64_t dx = distance(x->base.leaked, x->now.leaked);
	uint64_t dy = distance(y->base.leaked, y->now.leaked);

	if (x->change != y->change)
		return x->change < y->change ? -1 : 1;
	if (dx != dy)
		return dx > dy ? -1 : 1;
	return strcmp(x->shown->fingerprint, y->shown->fingerprint);
}

static void judge(struct diff *diff, struct diff_site *site)
{
	site->change = change_of(site);
	diff->changes[site->change]++;
	if (site->now.leaked > site->base.leaked)
		diff->more = sum_capped(diff->more, site->now.leaked - site->base.leaked);
	else
		diff->fewer = sum_capped(diff->fewer, site->base.leaked - site->now.leaked);
}

static int take_over(struct diff *diff, struct node **all)
{
	struct node *node, *next;

	diff->sites = calloc(HASH_COUNT(*all) + 1, sizeof(*diff->sites));
	HASH_ITER (hh, *all, node, next) {
		HASH_DEL(*all, node);
		if (diff->sites) {
			judge(diff, &node->site);
			diff->sites[diff->count++] = node->site;
		}
		free(node);
	}
	if (diff->sites && diff->count)
		qsort(diff->sites, diff->count, sizeof(*diff->sites), compare);
	return diff->sites ? 0 : -1;
}

int diff_make(struct diff *diff, const struct baseline *base, const struct baseline *now,
	      unsigned leak_kinds, struct suppressions *rules)
{
	struct node *all = NULL;
	int failed;

	*diff = (struct diff){
	    .complete = base->complete && now->complete,
	};
	failed = add_side(diff, &all, base, false, leak_kinds, rules) ||
		 add_side(diff, &all, now, true, leak_kinds, rules);
	if (take_over(diff, &all))
		failed = 1;
	return failed ? -1 : 0;
}

void diff_free(struct diff *diff)
{
	free(diff->sites);
	*diff = (struct diff){0};
}
