/* SPDX-License-Identifier: MIT */
#include "emit_diff.h"
#include "emit_json_parts.h"
#include "version.h"

static json_t *numbers_json(const struct diff_numbers *n)
{
	return json_pack("{s:I, s:I, s:I}", "leaked", (json_int_t)n->leaked, "undrained",
			 (json_int_t)n->undrained, "retained_bytes", (json_int_t)n->retained_bytes);
}

static json_t *site_json(const struct diff_site *site)
{
	const struct baseline_site *shown = site->shown;
	const struct merged_stack stack = {.frames = shown->frames, .count = shown->frame_count};

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "fingerprint",
			 shown->fingerprint, "change", diff_change_name(site->change), "timer",
			 shown->timerfd ? "timerfd" : "posix", "kind",
			 verdict_kind_name(shown->kind), "class", json_text(shown->class), "base",
			 numbers_json(&site->base), "new", numbers_json(&site->now), "stack",
			 json_stack(&stack));
}

static json_t *limit_json(int64_t limit)
{
	return limit < 0 ? json_null() : json_integer(limit);
}

static json_t *gate_json(const struct diff_output *in)
{
	const struct gate *gate = in->gate;
	json_t *reasons = json_array(), *kinds = json_array();
	size_t i;
	int kind;

	for (i = 0; gate->reasons[i]; i++)
		json_push(&reasons, json_string(gate->reasons[i]));
	for (kind = KIND_DEFINITE; kind < VERDICT_KINDS; kind++)
		if (in->leak_kinds & KIND_BIT(kind))
			json_push(&kinds, json_string(verdict_kind_name((enum verdict_kind)kind)));
	return json_pack(
	    "{s:o, s:o, s:I, s:o, s:o}", "max_leaks", limit_json(gate->limits.max_leaks),
	    "leak_kinds", kinds, "leaked", (json_int_t)in->diff->more, "passed",
	    gate->state == GATE_NONE ? json_null() : json_boolean(gate->state == GATE_PASSED),
	    "reasons", reasons);
}

static json_t *summary_json(const struct diff *diff)
{
	json_t *object = json_pack("{s:I, s:I, s:o, s:o}", "more", (json_int_t)diff->more, "fewer",
				   (json_int_t)diff->fewer, "base", numbers_json(&diff->base),
				   "now", numbers_json(&diff->now));
	int k;

	for (k = 0; k < DIFF_CHANGES; k++)
		json_put(&object, diff_change_name((enum diff_change)k),
			 json_integer((json_int_t)diff->changes[k]));
	return object;
}

int emit_diff_json(struct strbuf *out, const struct diff_output *in)
{
	json_t *sites = json_array(), *root;
	size_t i;

	for (i = 0; i < in->diff->count; i++)
		json_push(&sites, site_json(&in->diff->sites[i]));
	root = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "schema", "timerleak-diff/1",
			 "version", TIMERLEAK_VERSION, "complete", in->diff->complete, "base",
			 json_text(in->base), "new", json_text(in->now), "gate", gate_json(in),
			 "summary", summary_json(in->diff), "sites", sites);
	return json_write(out, root, 2);
}
