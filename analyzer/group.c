/* SPDX-License-Identifier: MIT */
#include "group.h"
#include "group_detail.h"
#include "group_exec.h"
#include "group_parts.h"
#include "site_index.h"
#include "util.h"
#include "util_pool.h"

#include <stdlib.h>
#include <string.h>

struct group {
	struct stack_index *stacks;
	struct site_index *index;
	struct pool entries;
	struct symbolizer *sym;
	struct group_exec carried; /* timerfds that went through an exec */
	uint64_t undrained_unknown;
	uint32_t image_count; /* taken in */
};

struct group *group_new(struct symbolizer *sym)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->sym = sym;
	group->stacks = stack_index_new(sym);
	group->index = group->stacks ? site_index_new(group->stacks) : NULL;
	if (!group->index) {
		stack_index_free(group->stacks);
		free(group);
		return NULL;
	}
	return group;
}

static void entries_free(struct merged_site *site)
{
	struct entry *entry;

	for (entry = site->entries; entry; entry = entry->next) {
		free(entry->ages);
		free(entry->threads);
		free(entry->pids);
		free(entry->images);
		free(entry->parts);
		free(entry->freers);
	}
}

void group_free(struct group *group)
{
	size_t i;

	if (!group)
		return;
	for (i = 0; i < site_index_count(group->index); i++)
		entries_free(site_index_site(group->index, i));
	site_index_free(group->index);
	stack_index_free(group->stacks);
	group_exec_free(&group->carried);
	pool_free(&group->entries);
	free(group);
}

size_t group_site_count(const struct group *group)
{
	return site_index_count(group->index);
}

struct merged_site *group_site(const struct group *group, size_t i)
{
	return site_index_site(group->index, i);
}

uint64_t group_undrained_unknown(const struct group *group)
{
	return group->undrained_unknown;
}

/* ---- entries ------------------------------------------------------------------------------ */

static struct entry *entry_get(struct group *group, struct merged_site *site,
			       struct verdict verdict)
{
	struct entry **link = &site->entries, *entry;

	for (; *link; link = &(*link)->next)
		if ((*link)->verdict.kind == verdict.kind &&
		    (*link)->verdict.class == verdict.class)
			return *link;
	entry = pool_take(&group->entries, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->site = site;
	entry->verdict = verdict;
	*link = entry;
	return entry;
}

static int entry_add(struct entry *entry, const struct image *image, const struct timer *timer)
{
	if (!array_grow(&entry->ages, entry->age_count, &entry->age_capacity, sizeof(uint64_t)))
		return -1;
	if (entry->count == 0) {
		entry->clock = timer->clock;
		entry->notify = timer->notify;
	}
	entry->ages[entry->age_count++] = timer_age(image, timer);
	return 0;
}

static int entry_add_image(struct entry *entry, uint32_t number)
{
	if (entry->image_count && entry->images[entry->image_count - 1] == number)
		return 0;
	if (!array_grow(&entry->images, entry->image_count, &entry->image_capacity,
			sizeof(*entry->images)))
		return -1;
	entry->images[entry->image_count++] = number;
	return 0;
}

static int entry_add_part(struct entry *entry, const struct entry_part *part)
{
	entry->states[part->state] += part->count;
	entry->retained_bytes = sum_capped(entry->retained_bytes, part->retained_bytes);
	entry->undrained += part->undrained;
	entry->count += part->count;
	return group_parts_add(entry, part);
}

/* ---- one image ---------------------------------------------------------------------------- */

/*
 * Pending instances that were counted already: timers that share one count as one. What is sent to
 * a thread is pending there, apart from what is sent to the process.
 */
struct signal_set {
	uint64_t *seen; /* target thread << 32 | signal */
	size_t count, capacity;
};

/* False on lack of memory. */
static bool signal_set_add(struct signal_set *set, const struct timer *timer, bool *is_new)
{
	uint64_t target = timer->notify == TL_NOTIFY_THREAD_ID ? timer->target_tid : 0;
	uint64_t key = target << 32 | (uint32_t)timer->signo;
	size_t i;

	*is_new = false;
	for (i = 0; i < set->count; i++)
		if (set->seen[i] == key)
			return true;
	if (!array_grow(&set->seen, set->count, &set->capacity, sizeof(*set->seen)))
		return false;
	set->seen[set->count++] = key;
	*is_new = true;
	return true;
}

static int count_undrained(struct group *group, struct entry_part *part, struct verdict verdict,
			   const struct image *image, const struct timer *timer,
			   struct signal_set *signals)
{
	bool counts = true;

	if (verdict.class == CLASS_IN_SERVICE || verdict.class == CLASS_IN_CHILD)
		return 0;
	group->undrained_unknown += timer_undrained_unknown(image, timer);
	if (!timer_undrained(image, timer))
		return 0;
	if (timer->kind == TL_POSIX && !signal_set_add(signals, timer, &counts))
		return -1;
	part->undrained = counts;
	part->unread_ticks = counts ? timer_unread_ticks(image, timer) : 0;
	return 0;
}

static int part_of(struct group *group, struct entry_part *part, struct verdict verdict,
		   const struct image *image, const struct timer *timer, struct signal_set *signals)
{
	*part = (struct entry_part){
	    .thread = (uint64_t)image->header.pid << 32 | timer->tid,
	    .clock = timer->clock,
	    .state = timer_arm_state(image, timer),
	    .count = 1,
	};
	if (image->header.evidence & (TL_EV_REACH | TL_EV_REACH_CUT))
		part->retained_bytes = timer->retained;
	return count_undrained(group, part, verdict, image, timer, signals);
}

static int add_timer(struct group *group, const struct image *image, const struct timer *timer,
		     struct signal_set *signals)
{
	const struct detail_place place = {group->stacks, group->sym, image};
	struct verdict verdict = classify(image, timer);
	struct merged_site *site = site_index_of_timer(group->index, image, timer);
	struct entry_part part;
	struct entry *entry;

	if (!site)
		return -1;
	if (verdict.kind == KIND_STOPPED) {
		site->stopped++;
		return 0;
	}
	entry = entry_get(group, site, verdict);
	if (!entry)
		return -1;
	site->live++;
	if (group_detail_add(entry, verdict, &place, timer) || entry_add(entry, image, timer) ||
	    entry_add_image(entry, group->image_count) ||
	    part_of(group, &part, verdict, image, timer, signals))
		return -1;
	return entry_add_part(entry, &part);
}

int group_add(struct group *group, const struct image *image)
{
	struct signal_set signals = {0};
	int result = 0;
	size_t i;

	if (site_index_add(group->index, image))
		return -1;
	for (i = 0; !result && i < image->timer_count; i++)
		if (timer_is_live(&image->timers[i]))
			result = add_timer(group, image, &image->timers[i], &signals);
	group->image_count++;
	free(signals.seen);
	return result ? result : group_exec_add(&group->carried, group->index, image);
}

/* ---- the end ------------------------------------------------------------------------------ */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int entry_finish(struct entry *entry)
{
	size_t n = entry->age_count;

	group_detail_finish(entry);
	qsort(entry->ages, n, sizeof(*entry->ages), compare_u64);
	entry->age_min = entry->ages[0];
	entry->age_median = entry->ages[(n - 1) / 2];
	entry->age_max = entry->ages[n - 1];
	return group_parts_finish(entry);
}

int group_finish(struct group *group)
{
	struct entry *entry;
	size_t i;

	for (i = 0; i < group_site_count(group); i++) {
		site_heap_finish(&group_site(group, i)->heap);
		for (entry = group_site(group, i)->entries; entry; entry = entry->next)
			if (entry_finish(entry))
				return -1;
	}
	return 0;
}
