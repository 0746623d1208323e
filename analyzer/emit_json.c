/* SPDX-License-Identifier: MIT */
#include "emit_json.h"
#include "emit_json_heap.h"
#include "emit_json_parts.h"
#include "emit_json_sites.h"
#include "explain.h"
#include "version.h"

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

	json_stream_begin(&s, out, 2);
	json_stream_open(&s, NULL, '{');
	json_stream_put_members(&s, head_json(report, gate));
	json_put_sites(&s, report);
	put_hazards(&s, report);
	json_put_left_heap(&s, report);
	json_stream_put_members(&s, tail_json(report));
	json_stream_close(&s, '}');
	json_stream_end(&s);
	return out->failed ? -1 : 0;
}
