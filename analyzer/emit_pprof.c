/* SPDX-License-Identifier: MIT */
#include "emit_pprof.h"
#include "emit_pprof_about.h"
#include "group_parts.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of what `begin` declares. */
enum {
	ALLOC_OBJECTS,
	ALLOC_SPACE,
	INUSE_OBJECTS,
	INUSE_SPACE,
	LEAKED_OBJECTS,
	LEAKED_SPACE,
	UNREAD_TICKS
};

/* Readers count what a create function made at its caller, also where a frame of it is seen. */
#define DROP_FRAMES "timer_create|__timer_create.*|timerfd_create|syscall"

static void begin(struct pprof *p, const struct report *report, struct symbolizer *sym)
{
	pprof_sample_type(p, "alloc_objects", "count");
	pprof_sample_type(p, "alloc_space", "bytes");
	pprof_sample_type(p, "inuse_objects", "count");
	pprof_sample_type(p, "inuse_space", "bytes");
	pprof_sample_type(p, "leaked_objects", "count");
	pprof_sample_type(p, "leaked_space", "bytes");
	pprof_sample_type(p, "unread_ticks", "count");
	pprof_default_type(p, "leaked_objects");
	pprof_period(p, "timers", "count", 1);
	pprof_drop_frames(p, DROP_FRAMES);
	pprof_about(p, sym, report->images, report->image_count,
		    report_main_image(report->images, report->image_count, report->main_pid));
}

/* ---- which parts are told apart ----------------------------------------------------------- */

#define NOBODY UINT64_MAX

/* Leaves out of all parts what `keep` does not cover of pid << 32 | tid. */
static size_t coarsen(struct entry_part *parts, size_t count, uint64_t keep)
{
	size_t i;

	for (i = 0; i < count; i++)
		parts[i].thread = keep ? parts[i].thread & keep : NOBODY;
	return group_parts_merge(parts, count);
}

/* The parts that become samples, freed by the caller; NULL on lack of memory. */
static struct entry_part *parts_of(const struct entry *entry, size_t *count)
{
	struct entry_part *parts = calloc(entry->part_count + 1, sizeof(*parts));

	if (!parts)
		return NULL;
	memcpy(parts, entry->parts, entry->part_count * sizeof(*parts));
	*count = entry->part_count;
	if (*count > PPROF_PARTS_MAX)
		*count = coarsen(parts, *count, ~UINT64_C(0) << 32);
	if (*count > PPROF_PARTS_MAX)
		*count = coarsen(parts, *count, 0);
	return parts;
}

/* ---- samples ------------------------------------------------------------------------------ */

static void add_part(struct pprof *p, const struct entry *entry, const struct entry_part *part,
		     uint64_t leaked)
{
	uint64_t leaked_space = leaked ? part->retained_bytes : 0;
	uint32_t pid = (uint32_t)(part->thread >> 32), tid = (uint32_t)part->thread;
	char clock[CLOCK_NAME_SIZE], pid_text[16], tid_text[16];
	const struct pprof_sample sample = {
	    .stack = entry->site->stack,
	    .values =
		{
		    [ALLOC_OBJECTS] = part->count,
		    [ALLOC_SPACE] = part->retained_bytes,
		    [INUSE_OBJECTS] = part->count,
		    [INUSE_SPACE] = part->retained_bytes,
		    [LEAKED_OBJECTS] = leaked,
		    [LEAKED_SPACE] = leaked_space,
		    [UNREAD_TICKS] = part->unread_ticks,
		},
	    .labels =
		{
		    {"class", verdict_class_name(entry->verdict.class)},
		    {"clock", clock_name(clock, part->clock)},
		    {"kind", verdict_kind_name(entry->verdict.kind)},
		    {"pid", part->thread == NOBODY ? NULL : pid_text},
		    {"state", arm_state_name(part->state)},
		    {"thread", part->thread == NOBODY || !tid ? NULL : tid_text},
		},
	};

	snprintf(pid_text, sizeof(pid_text), "%u", pid);
	snprintf(tid_text, sizeof(tid_text), "%u", tid);
	pprof_sample(p, &sample);
}

static int add_entry(struct pprof *p, const struct entry *entry)
{
	uint64_t left = entry_leaked(entry), leaked;
	size_t i, count;
	struct entry_part *parts = parts_of(entry, &count);

	if (!parts)
		return -1;
	/* Which of the timers are those of the baseline nobody can tell: the last ones. */
	for (i = 0; i < count; i++, left -= leaked) {
		leaked = parts[i].count < left ? parts[i].count : left;
		add_part(p, entry, &parts[i], leaked);
	}
	free(parts);
	return 0;
}

/* What became of a stopped timer's bytes nobody has recorded. */
static void add_stopped(struct pprof *p, const struct merged_site *site)
{
	const struct pprof_sample sample = {
	    .stack = site->stack,
	    .values = {[ALLOC_OBJECTS] = site->stopped},
	    .labels = {{"kind", verdict_kind_name(KIND_STOPPED)}},
	};

	pprof_sample(p, &sample);
}

static int add_all(struct pprof *p, const struct report *report)
{
	size_t i;

	for (i = 0; i < report->entry_count; i++)
		if (add_entry(p, report->entries[i]))
			return -1;
	for (i = 0; i < group_site_count(report->group); i++)
		add_stopped(p, group_site(report->group, i));
	return 0;
}

int emit_pprof(struct strbuf *out, const struct report *report, struct symbolizer *sym)
{
	struct pprof *p = pprof_new();
	int result = -1;
	size_t i;

	if (!p)
		return -1;
	begin(p, report, sym);
	if (!report->complete)
		pprof_comment(p, "incomplete: timers are missing here");
	for (i = 0; i < report->warning_count; i++)
		pprof_comment(p, report->warnings[i]);
	if (add_all(p, report) == 0)
		result = pprof_write(p, out);
	pprof_free(p);
	return result;
}
