/* SPDX-License-Identifier: MIT */
#include "emit_json.h"
#include "emit_json_heap.h"
#include "emit_json_parts.h"
#include "explain.h"
#include "emit_json_stream.h"
#include "names.h"
#include "suppress_make.h"
#include "version.h"

/* Thread and pid numbers that are listed; the totals say how many there are. */
#define LIST_MAX 100

/* ---- gate and summary --------------------------------------------------------------------- */

static json_t *limit_json(int64_t limit)
{
	return limit < 0 ? json_null() : json_integer(limit);
}

static json_t *leak_kinds_json(unsigned kinds)
{
	json_t *list = json_array();
	int kind;

	for (kind = KIND_DEFINITE; kind < VERDICT_KINDS; kind++)
		if (kinds & KIND_BIT(kind))
			json_push(&list, json_string(verdict_kind_name((enum verdict_kind)kind)));
	return list;
}

static json_t *gate_json(const struct gate *gate, const struct report *report)
{
	json_t *reasons = json_array();
	size_t i;

	for (i = 0; gate->reasons[i]; i++)
		json_push(&reasons, json_string(gate->reasons[i]));
	return json_pack(
	    "{s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "max_leaks", limit_json(gate->limits.max_leaks),
	    "max_undrained", limit_json(gate->limits.max_undrained), "leak_kinds",
	    leak_kinds_json(report->options.leak_kinds), "leaked",
	    (json_int_t)report->summary.leaked, "undrained", (json_int_t)report->summary.undrained,
	    "passed",
	    gate->state == GATE_NONE ? json_null() : json_boolean(gate->state == GATE_PASSED),
	    "reasons", reasons);
}

static json_t *summary_json(const struct report_summary *sum)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
	    {"created", sum->created},
	    {"stopped", sum->stopped},
	    {"live", sum->live},
	    {"leaked", sum->leaked},
	    {"definite", sum->kinds[KIND_DEFINITE]},
	    {"possible", sum->kinds[KIND_POSSIBLE]},
	    {"held", sum->kinds[KIND_HELD]},
	    {"undecided", sum->kinds[KIND_UNDECIDED]},
	    {"suppressed", sum->suppressed},
	    {"baselined", sum->baselined},
	    {"undrained", sum->undrained},
	    {"undrained_unknown", sum->undrained_unknown},
	    {"inherited", sum->inherited},
	    {"untracked", sum->untracked},
	    {"hazards", sum->hazards},
	    {"retained_bytes", sum->retained_bytes},
	    {"sites", sum->sites},
	    {"lost_records", sum->lost_records},
	    {"lost_stacks", sum->lost_stacks},
	};
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_put(&object, rows[i].name, json_integer((json_int_t)rows[i].value));
	return object;
}

/* ---- sites -------------------------------------------------------------------------------- */

static json_t *threads_json(const struct entry *entry)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < entry->thread_count && i < LIST_MAX; i++)
		json_push(&list, json_integer((uint32_t)entry->threads[i]));
	return list;
}

static json_t *pids_json(const struct entry *entry)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < entry->pid_count && i < LIST_MAX; i++)
		json_push(&list, json_integer(entry->pids[i]));
	return list;
}

static json_t *entry_numbers(const struct entry *entry)
{
	const uint64_t *states = entry->states;

	return json_pack(
	    "{s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I}}", "count",
	    (json_int_t)entry->count, "undrained", (json_int_t)entry->undrained, "retained_bytes",
	    (json_int_t)entry->retained_bytes, "site_created",
	    (json_int_t)(entry->site->stopped + entry->site->live), "site_stopped",
	    (json_int_t)entry->site->stopped, "states", "never_armed",
	    (json_int_t)states[ARM_NEVER], "armed", (json_int_t)states[ARM_ARMED], "expired",
	    (json_int_t)states[ARM_EXPIRED], "disarmed", (json_int_t)states[ARM_DISARMED], "age_ns",
	    "min", (json_int_t)entry->age_min, "median", (json_int_t)entry->age_median, "max",
	    (json_int_t)entry->age_max);
}

static json_t *suppression_json(const struct entry *entry)
{
	struct strbuf rule = STRBUF_INIT;
	json_t *text;

	suppress_make(&rule, entry->site->stack->frames, entry->site->stack->count);
	text = rule.failed ? NULL : json_text(rule.data);
	strbuf_free(&rule);
	return text;
}

/* What comes before the stack. */
static json_t *entry_head(const struct entry *entry)
{
	const struct merged_site *site = entry->site;
	char clock[CLOCK_NAME_SIZE];
	json_t *object =
	    json_pack("{s:s, s:s, s:s, s:s}", "fingerprint", site->fingerprint, "timer",
		      timer_kind_name(site->timer), "kind", verdict_kind_name(entry->verdict.kind),
		      "class", verdict_class_name(entry->verdict.class));
	json_t *numbers = entry_numbers(entry);

	if (entry->suppressed_by)
		json_put(&object, "suppressed_by", json_text(entry->suppressed_by));
	if (entry->baselined)
		json_put(&object, "baselined", json_integer((json_int_t)entry->baselined));
	if (json_object_update(object, numbers)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(numbers);
	json_put(&object, "clock", json_string(clock_name(clock, entry->clock)));
	json_put(&object, "notify",
		 site->timer == TL_POSIX ? json_string(notify_name(entry->notify)) : json_null());
	json_put(&object, "threads", threads_json(entry));
	json_put(&object, "threads_total", json_integer((json_int_t)entry->thread_count));
	json_put(&object, "pids", pids_json(entry));
	json_put(&object, "pids_total", json_integer((json_int_t)entry->pid_count));
	return object;
}

/* What comes after the stacks. */
static json_t *entry_tail(const struct report *report, const struct entry *entry)
{
	const struct merged_site *site = entry->site;
	json_t *object = json_object();

	if (entry->retained_bytes && site->heap.retained.count)
		json_put(&object, "retained_at", json_retained_at(site));
	if (timeline_known(&site->timeline))
		json_put(&object, "timeline", json_timeline(site));
	if (report->options.gen_suppressions && entry->leaked)
		json_put(&object, "suppression", suppression_json(entry));
	json_put(&object, "evidence", json_text(entry->evidence));
	json_put(&object, "advice", json_text(entry->advice));
	return object;
}

/* They are most of a report: never more than one at a time is a tree. */
static void put_sites(struct json_stream *s, const struct report *report)
{
	size_t i;

	json_stream_open(s, "sites", '[');
	for (i = 0; i < report->entry_count && !s->out->failed; i++) {
		const struct entry *entry = report->entries[i];

		json_stream_open(s, NULL, '{');
		json_stream_put_members(s, entry_head(entry));
		json_stream_put_stack(s, "stack", entry->site->stack);
		if (entry->freed_by)
			json_stream_put_stack(s, "freed_by", entry->freed_by);
		json_stream_put_members(s, entry_tail(report, entry));
		json_stream_close(s, '}');
	}
	json_stream_close(s, ']');
}

/* ---- the rest ----------------------------------------------------------------------------- */

static void put_hazards(struct json_stream *s, const struct report *report)
{
	static const struct merged_stack unknown = {.count = 0};
	size_t i;

	json_stream_open(s, "hazards", '[');
	for (i = 0; i < report->hazard_count; i++) {
		const struct report_hazard *hazard = &report->hazards[i];
		const struct merged_site *site = hazard->site;

		json_stream_open(s, NULL, '{');
		json_stream_put_members(s, json_pack("{s:s, s:I}", "hazard",
						     hazard_name(hazard->hazard), "count",
						     (json_int_t)hazard->count));
		json_stream_put_stack(s, "stack", site ? site->stack : &unknown);
		json_stream_put(s, "fingerprint",
				site ? json_string(site->fingerprint) : json_null());
		json_stream_close(s, '}');
	}
	json_stream_close(s, ']');
}

/* Of the shipped rules only those that matched: nobody asked for the others. */
static json_t *suppressions_json(const struct suppressions *rules)
{
	json_t *list = json_array();
	size_t i, count = rules ? suppressions_count(rules) : 0;

	for (i = 0; i < count; i++) {
		uint64_t hits;
		bool is_default;
		const char *rule = suppressions_rule(rules, i, &hits, &is_default);

		if (is_default && !hits)
			continue;
		json_push(&list, json_pack("{s:o, s:I}", "rule", json_text(rule), "hits",
					   (json_int_t)hits));
	}
	return list;
}

static json_t *warnings_json(const struct report *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->warning_count; i++)
		json_push(&list, json_text(report->warnings[i]));
	return list;
}

static json_t *processes_json(const struct report *report)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < report->image_count; i++)
		json_push(&list, json_process(report->images[i]));
	return list;
}

static json_t *head_json(const struct report *report, const struct gate *gate)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:o}", "schema", "timerleak/1", "version",
			 TIMERLEAK_VERSION, "complete", report->complete, "gate",
			 gate_json(gate, report), "summary", summary_json(&report->summary));
}

static json_t *tail_json(const struct report *report)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "heap", json_heap(&report->heap), "suppressions",
			 suppressions_json(report->suppressions), "processes",
			 processes_json(report), "warnings", warnings_json(report));
}

int emit_json(struct strbuf *out, const struct report *report, const struct gate *gate)
{
	struct json_stream s;

	json_stream_begin(&s, out);
	json_stream_open(&s, NULL, '{');
	json_stream_put_members(&s, head_json(report, gate));
	put_sites(&s, report);
	put_hazards(&s, report);
	json_put_left_heap(&s, report);
	json_stream_put_members(&s, tail_json(report));
	json_stream_close(&s, '}');
	json_stream_end(&s);
	return out->failed ? -1 : 0;
}
