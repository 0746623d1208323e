/* SPDX-License-Identifier: MIT */
#include "emit_json_sites.h"
#include "emit_json_heap.h"
#include "emit_json_parts.h"
#include "names.h"
#include "suppress_make.h"
#include "util.h"

/* Thread and pid numbers that are listed; the totals say how many there are. */
#define LIST_MAX 100

static void put_count(struct json_stream *s, const char *key, uint64_t count)
{
	json_stream_put_integer(s, key, (json_int_t)count);
}

static void put_threads(struct json_stream *s, const struct entry *entry)
{
	size_t i;

	json_stream_open(s, "threads", '[');
	for (i = 0; i < entry->thread_count && i < LIST_MAX; i++)
		put_count(s, NULL, (uint32_t)entry->threads[i]);
	json_stream_close(s, ']');
	put_count(s, "threads_total", entry->thread_count);
}

static void put_pids(struct json_stream *s, const struct entry *entry)
{
	size_t i;

	json_stream_open(s, "pids", '[');
	for (i = 0; i < entry->pid_count && i < LIST_MAX; i++)
		put_count(s, NULL, entry->pids[i]);
	json_stream_close(s, ']');
	put_count(s, "pids_total", entry->pid_count);
}

static void put_states(struct json_stream *s, const struct entry *entry)
{
	json_stream_open(s, "states", '{');
	put_count(s, "never_armed", entry->states[ARM_NEVER]);
	put_count(s, "armed", entry->states[ARM_ARMED]);
	put_count(s, "expired", entry->states[ARM_EXPIRED]);
	put_count(s, "disarmed", entry->states[ARM_DISARMED]);
	json_stream_close(s, '}');
}

static void put_ages(struct json_stream *s, const struct entry *entry)
{
	json_stream_open(s, "age_ns", '{');
	put_count(s, "min", entry->age_min);
	put_count(s, "median", entry->age_median);
	put_count(s, "max", entry->age_max);
	json_stream_close(s, '}');
}

static void put_verdict(struct json_stream *s, const struct entry *entry)
{
	json_stream_put_text(s, "fingerprint", entry->site->fingerprint);
	json_stream_put_text(s, "timer", timer_kind_name(entry->site->timer));
	json_stream_put_text(s, "kind", verdict_kind_name(entry->verdict.kind));
	json_stream_put_text(s, "class", verdict_class_name(entry->verdict.class));
	if (entry->suppressed_by)
		json_stream_put_text(s, "suppressed_by", entry->suppressed_by);
	if (entry->baselined)
		put_count(s, "baselined", entry->baselined);
}

static void put_numbers(struct json_stream *s, const struct entry *entry)
{
	char clock[CLOCK_NAME_SIZE];

	put_count(s, "count", entry->count);
	put_count(s, "undrained", entry->undrained);
	put_count(s, "retained_bytes", entry->retained_bytes);
	put_count(s, "site_created", entry->site->stopped + entry->site->live);
	put_count(s, "site_stopped", entry->site->stopped);
	put_states(s, entry);
	put_ages(s, entry);
	json_stream_put_text(s, "clock", clock_name(clock, entry->clock));
	json_stream_put_text(s, "notify",
			     entry->site->timer == TL_POSIX ? notify_name(entry->notify) : NULL);
	put_threads(s, entry);
	put_pids(s, entry);
}

static void put_counts(struct json_stream *s, const char *key, const uint64_t *counts, size_t count)
{
	size_t i;

	json_stream_open(s, key, '[');
	for (i = 0; i < count; i++)
		put_count(s, NULL, counts[i]);
	json_stream_close(s, ']');
}

/* The live timers over time; nothing if the traces do not tell. */
static void put_timeline(struct json_stream *s, const struct merged_site *site)
{
	struct timeline line;

	if (!timeline_sum_get(&site->timeline, &line))
		return;
	json_stream_open(s, "timeline", '{');
	put_count(s, "begin_ns", sum_capped(line.first << line.shift, 0));
	put_count(s, "step_ns", UINT64_C(1) << line.shift);
	put_counts(s, "live", line.live, line.count);
	put_counts(s, "high", line.high, line.count);
	json_stream_close(s, '}');
}

static void put_suppression(struct json_stream *s, const struct merged_stack *stack)
{
	struct strbuf rule = STRBUF_INIT;

	suppress_make(&rule, stack->frames, stack->count);
	s->out->failed |= rule.failed;
	json_stream_put_text(s, "suppression", rule.data);
	strbuf_free(&rule);
}

static void put_site(struct json_stream *s, const struct report *report, const struct entry *entry)
{
	const struct merged_site *site = entry->site;

	json_stream_open(s, NULL, '{');
	put_verdict(s, entry);
	put_numbers(s, entry);
	json_stream_put_stack(s, "stack", site->stack);
	if (entry->freed_by)
		json_stream_put_stack(s, "freed_by", entry->freed_by);
	if (entry->retained_bytes && site->heap.retained.count)
		json_stream_put(s, "retained_at", json_retained_at(site));
	put_timeline(s, site);
	if (report->options.gen_suppressions && entry->leaked)
		put_suppression(s, site->stack);
	json_stream_put_text(s, "evidence", entry->evidence);
	json_stream_put_text(s, "advice", entry->advice);
	json_stream_close(s, '}');
}

void json_put_sites(struct json_stream *s, const struct report *report)
{
	size_t i;

	json_stream_open(s, "sites", '[');
	for (i = 0; i < report->entry_count && !s->out->failed; i++)
		put_site(s, report, report->entries[i]);
	json_stream_close(s, ']');
}
