/* SPDX-License-Identifier: MIT */
#include "group_parts.h"
#include "util.h"

#include <stdlib.h>

static int compare_parts(const void *a, const void *b)
{
	const struct entry_part *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->clock != y->clock)
		return x->clock < y->clock ? -1 : 1;
	return (x->state > y->state) - (x->state < y->state);
}

static void add(struct entry_part *sum, const struct entry_part *more)
{
	sum->count += more->count;
	sum->undrained += more->undrained;
	sum->unread_ticks = sum_capped(sum->unread_ticks, more->unread_ticks);
	sum->retained_bytes = sum_capped(sum->retained_bytes, more->retained_bytes);
}

size_t group_parts_merge(struct entry_part *parts, size_t count)
{
	size_t i, kept = 0;

	if (count == 0)
		return 0;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): with a count there is an array */
	qsort(parts, count, sizeof(*parts), compare_parts);
	for (i = 1; i < count; i++) {
		if (compare_parts(&parts[i], &parts[kept]) == 0)
			add(&parts[kept], &parts[i]);
		else
			parts[++kept] = parts[i];
	}
	return kept + 1;
}

static void merge(struct entry *entry)
{
	entry->part_count = group_parts_merge(entry->parts, entry->part_count);
}

/* By merging, if that frees half of it: what is needed follows the number of different parts. */
static int make_room(struct entry *entry)
{
	merge(entry);
	if (entry->part_count && entry->part_count <= entry->part_capacity / 2)
		return 0;
	return array_grow(&entry->parts, entry->part_capacity, &entry->part_capacity,
			  sizeof(*entry->parts))
		   ? 0
		   : -1;
}

int group_parts_add(struct entry *entry, const struct entry_part *part)
{
	struct entry_part *last = entry->part_count ? &entry->parts[entry->part_count - 1] : NULL;

	/* A thread's timers mostly come in a row. */
	if (last && compare_parts(last, part) == 0) {
		add(last, part);
		return 0;
	}
	if (entry->part_count == entry->part_capacity && make_room(entry))
		return -1;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): there is room now */
	entry->parts[entry->part_count++] = *part;
	return 0;
}

int group_parts_finish(struct entry *entry)
{
	size_t i;

	merge(entry);
	entry->threads = calloc(entry->part_count + 1, sizeof(*entry->threads));
	entry->pids = calloc(entry->part_count + 1, sizeof(*entry->pids));
	if (!entry->threads || !entry->pids)
		return -1;
	/* Sorted by pid first, so equal pids are neighbours, as are equal threads. */
	for (i = 0; i < entry->part_count; i++) {
		uint64_t thread = entry->parts[i].thread;
		uint32_t pid = (uint32_t)(thread >> 32);

		if (!entry->thread_count || entry->threads[entry->thread_count - 1] != thread)
			entry->threads[entry->thread_count++] = thread;
		if (!entry->pid_count || entry->pids[entry->pid_count - 1] != pid)
			entry->pids[entry->pid_count++] = pid;
	}
	return 0;
}
