/* SPDX-License-Identifier: MIT */
/*
 * emit_sarif.c - SARIF 2.1.0. What GitHub's code scanning asks beyond the standard: a place in the
 * repository for each result, a hash under the one name that it knows, and no more results, places
 * and bytes than it takes.
 */
#include "ci_results.h"
#include "emit_ci.h"
#include "emit_json_parts.h"
#include "emit_json_stream.h"
#include "explain.h"
#include "sarif_rules.h"
#include "stack_user.h"
#include "util.h"
#include "util_path.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA	    "https://json.schemastore.org/sarif-2.1.0.json"
#define RESULTS_MAX 5000  /* those after them are dropped */
#define FRAMES_MAX  100	  /* shown of a result */
#define FRAMES_ALL  50000 /* of a log: it may have 10 MB, packed */
#define FRAMES_MIN  10

struct sarif {
	const struct format_input *in;
	size_t frames_max; /* of one stack */
	size_t rule[VERDICT_CLASSES];
};

/* ---- text ----------------------------------------------------------------------------------- */

/* In messages, brackets make links, braces placeholders and a backslash escapes (3.11.5, 3.11.6).
 */
static json_t *message(const struct strbuf *text)
{
	struct strbuf out = STRBUF_INIT;
	const char *p;
	json_t *object = NULL;

	for (p = text->data ? text->data : ""; *p; p++) {
		if (strchr("[]\\", *p))
			strbuf_puts(&out, "\\");
		else if (strchr("{}", *p))
			strbuf_add(&out, p, 1);
		strbuf_add(&out, p, 1);
	}
	if (!out.failed && !text->failed)
		object = json_pack("{s:o}", "text", json_text(out.data ? out.data : ""));
	strbuf_free(&out);
	return object;
}

/* RFC 3986: a path may hold any byte, a URI may not. */
static json_t *uri(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";
	struct strbuf out = STRBUF_INIT;
	json_t *text;

	if (*path == '/')
		strbuf_puts(&out, "file://");
	for (; *path; path++) {
		if (strchr(plain, *path))
			strbuf_add(&out, path, 1);
		else
			strbuf_printf(&out, "%%%02X", (unsigned char)*path);
	}
	text = out.failed ? NULL : json_string(out.data ? out.data : "");
	strbuf_free(&out);
	return text;
}

/* ---- places --------------------------------------------------------------------------------- */

static json_t *physical(const char *path, int line)
{
	json_t *artifact = json_pack("{s:o}", "uri", uri(path));

	if (path_inside(path))
		json_put(&artifact, "uriBaseId", json_string("SRCROOT"));
	return json_pack("{s:o, s:{s:i}}", "artifactLocation", artifact, "region", "startLine",
			 line);
}

static json_t *logical(const struct frame *frame)
{
	struct strbuf name = STRBUF_INIT;
	json_t *list;

	ci_frame_name(&name, frame);
	list = name.failed ? NULL
			   : json_pack("[{s:o, s:s}]", "fullyQualifiedName", json_text(name.data),
				       "kind", "function");
	strbuf_free(&name);
	return list;
}

static json_t *frame_location(const struct frame *frame)
{
	json_t *location = json_pack("{s:o}", "logicalLocations", logical(frame));
	char *path = path_clean(frame->file ? frame->file : "");

	if (!path)
		json_put(&location, "physicalLocation", NULL);
	else if (*path)
		json_put(&location, "physicalLocation",
			 physical(path, frame->line > 0 ? frame->line : 1));
	if (frame->inlined)
		json_put(&location, "message", json_pack("{s:s}", "text", "inlined"));
	free(path);
	return location;
}

static json_t *place_json(const struct ci_place *place, const struct merged_stack *stack)
{
	const struct frame *caller = stack ? stack_caller(stack) : NULL;

	return json_pack("{s:o, s:o}", "physicalLocation", physical(place->path, place->line),
			 "logicalLocations", logical(place->frame ? place->frame : caller));
}

/* ---- stacks --------------------------------------------------------------------------------- */

static size_t frame_count(const struct sarif *s, const struct merged_stack *stack)
{
	return stack->count < s->frames_max ? stack->count : s->frames_max;
}

static json_t *stack_json(const struct sarif *s, const struct merged_stack *stack, const char *what)
{
	json_t *frames = json_array();
	size_t i;

	for (i = 0; i < frame_count(s, stack); i++) {
		json_t *frame = json_pack("{s:o}", "location", frame_location(stack->frames[i]));

		if (stack->frames[i]->module)
			json_put(&frame, "module",
				 json_text(path_basename(stack->frames[i]->module)));
		json_push(&frames, frame);
	}
	return json_pack("{s:{s:s}, s:o}", "message", "text", what, "frames", frames);
}

static bool is_step(const struct frame *frame)
{
	return frame->file && frame_is_user(frame);
}

static bool has_flow(const struct sarif *s, const struct merged_stack *stack)
{
	size_t i;

	for (i = 0; i < frame_count(s, stack); i++)
		if (is_step(stack->frames[i]))
			return true;
	return false;
}

/* In the order of the calls, the outermost first; only what a viewer can open. */
static json_t *flow_json(const struct sarif *s, const struct merged_stack *stack, const char *what)
{
	json_t *steps = json_array();
	size_t i;

	for (i = frame_count(s, stack); i-- > 0;)
		if (is_step(stack->frames[i]))
			json_push(&steps,
				  json_pack("{s:o}", "location", frame_location(stack->frames[i])));
	return json_pack("{s:{s:s}, s:[{s:o}]}", "message", "text", what, "threadFlows",
			 "locations", steps);
}

static void add_stack(const struct sarif *s, json_t **stacks, json_t **flows,
		      const struct merged_stack *stack, const char *what)
{
	if (!stack || !stack->count)
		return;
	json_push(stacks, stack_json(s, stack, what));
	if (has_flow(s, stack))
		json_push(flows, flow_json(s, stack, what));
}

static void put_unless_empty(json_t **object, const char *key, json_t *list)
{
	if (list && json_array_size(list) == 0)
		json_decref(list);
	else
		json_put(object, key, list);
}

/* ---- results -------------------------------------------------------------------------------- */

static json_t *leak_json(const struct sarif *s, const struct ci_result *result)
{
	const struct entry *entry = result->entry;
	json_t *stacks = json_array(), *flows = json_array(), *object;
	struct strbuf text = STRBUF_INIT;

	ci_headline(&text, entry);
	strbuf_puts(&text, ". Made in ");
	ci_frame_name(&text, stack_caller(entry->site->stack));
	strbuf_puts(&text, ": ");
	strbuf_puts(&text, entry->advice);
	strbuf_puts(&text, ".");
	object = json_pack(
	    "{s:s, s:I, s:s, s:o, s:[o], s:{s:s, s:s}, s:I, s:{s:s, s:s, s:I, s:I}}", "ruleId",
	    verdict_class_name(entry->verdict.class), "ruleIndex",
	    (json_int_t)s->rule[entry->verdict.class], "level", sarif_level(entry->verdict.kind),
	    "message", message(&text), "locations", place_json(&result->place, entry->site->stack),
	    "partialFingerprints", "primaryLocationLineHash", result->id, "timerleak/v1",
	    entry->site->fingerprint, "occurrenceCount", (json_int_t)entry_leaked(entry),
	    "properties", "kind", verdict_kind_name(entry->verdict.kind), "timer",
	    entry->site->timer == TL_TIMERFD ? "timerfd" : "posix", "undrained",
	    (json_int_t)entry->undrained, "retained_bytes", (json_int_t)entry->retained_bytes);
	strbuf_free(&text);
	add_stack(s, &stacks, &flows, entry->site->stack, "made here");
	add_stack(s, &stacks, &flows, entry->freed_by, "freed here");
	put_unless_empty(&object, "stacks", stacks);
	put_unless_empty(&object, "codeFlows", flows);
	return object;
}

static json_t *hazard_json(const struct sarif *s, const struct report_hazard *hazard)
{
	const struct merged_stack *stack = hazard->site ? hazard->site->stack : NULL;
	struct strbuf text = STRBUF_INIT;
	struct ci_place place;
	json_t *object = NULL;

	strbuf_printf(&text, "%s, %llu time%s. Timer made in ", explain_hazard(hazard->hazard),
		      (unsigned long long)hazard->count, hazard->count == 1 ? "" : "s");
	ci_frame_name(&text, stack ? stack_caller(stack) : NULL);
	if (ci_place_find(&place, s->in->report, stack, NULL) == 0)
		object = json_pack("{s:s+, s:I, s:s, s:o, s:[o], s:{s:s++}}", "ruleId", "hazard.",
				   hazard_name(hazard->hazard), "ruleIndex",
				   (json_int_t)sarif_rule_of_hazard(s->in->report, hazard->hazard),
				   "level", "note", "message", message(&text), "locations",
				   place_json(&place, stack), "partialFingerprints", "timerleak/v1",
				   hazard->site ? hazard->site->fingerprint : "exec", ".",
				   hazard_name(hazard->hazard));
	strbuf_free(&text);
	free(place.path);
	return object;
}

static size_t frames_of_each(size_t results)
{
	size_t most = results ? FRAMES_ALL / results : FRAMES_MAX;

	return most > FRAMES_MAX ? FRAMES_MAX : most < FRAMES_MIN ? FRAMES_MIN : most;
}

static void put_results(struct json_stream *out, struct sarif *s, const struct ci_results *results)
{
	const struct report *report = s->in->report;
	size_t i, count = results->count < RESULTS_MAX ? results->count : RESULTS_MAX;

	s->frames_max = frames_of_each(count);
	json_stream_open(out, "results", '[');
	for (i = 0; i < count && !out->out->failed; i++)
		json_stream_put(out, NULL, leak_json(s, &results->list[i]));
	for (i = 0; i < report->hazard_count && count + i < RESULTS_MAX; i++)
		json_stream_put(out, NULL, hazard_json(s, &report->hazards[i]));
	json_stream_close(out, ']');
}

/* ---- the run -------------------------------------------------------------------------------- */

static void notify(json_t **list, const char *level, const char *words)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_puts_safe(&text, words);
	json_push(list, json_pack("{s:s, s:o}", "level", level, "message", message(&text)));
	strbuf_free(&text);
}

static void notify_dropped(json_t **list, size_t count)
{
	char words[120];

	if (count <= RESULTS_MAX)
		return;
	snprintf(words, sizeof(words),
		 "only %d of %zu results are here: leaks first, those of the most timers",
		 RESULTS_MAX, count);
	notify(list, "warning", words);
}

static json_t *invocation(const struct sarif *s, const struct ci_results *results)
{
	const struct report *report = s->in->report;
	json_t *list = json_array();
	size_t i;

	if (!report->complete)
		notify(&list, "error", "the data is incomplete: there may be more leaks");
	notify_dropped(&list, results->count + report->hazard_count);
	for (i = 0; i < report->warning_count; i++)
		notify(&list, "note", report->warnings[i]);
	return json_pack("{s:b, s:o}", "executionSuccessful", report->complete,
			 "toolExecutionNotifications", list);
}

/* The root itself is the reader's: an absolute name of this machine would mean nothing there. */
static json_t *run_head(const struct sarif *s, const struct ci_results *results)
{
	return json_pack("{s:{s:{s:s, s:s, s:o}}, s:[o], s:{s:{s:{s:s}}}}", "tool", "driver",
			 "name", "timerleak", "semanticVersion", TIMERLEAK_VERSION, "rules",
			 sarif_rules(s->in->report), "invocations", invocation(s, results),
			 "originalUriBaseIds", "SRCROOT", "description", "text",
			 "The root of the sources, as --source-root gave it.");
}

static void put_log(struct json_stream *out, struct sarif *s, const struct ci_results *results)
{
	json_stream_open(out, NULL, '{');
	json_stream_put_text(out, "$schema", SCHEMA);
	json_stream_put_text(out, "version", "2.1.0");
	json_stream_open(out, "runs", '[');
	json_stream_open(out, NULL, '{');
	json_stream_put_members(out, run_head(s, results));
	put_results(out, s, results);
	json_stream_put_text(out, "columnKind", "utf16CodeUnits");
	json_stream_close(out, '}');
	json_stream_close(out, ']');
	json_stream_close(out, '}');
}

int emit_sarif(struct strbuf *out, const struct format_input *in)
{
	struct sarif s = {.in = in};
	struct ci_results results;
	struct json_stream stream;
	int class, failed;

	for (class = 0; class < VERDICT_CLASSES; class ++)
		s.rule[class] = sarif_rule_of_class(in->report, (enum verdict_class) class);
	failed = ci_results_make(&results, in->report, NULL);
	json_stream_begin(&stream, out, 1);
	if (!failed)
		put_log(&stream, &s, &results);
	json_stream_end(&stream);
	ci_results_free(&results);
	return failed || out->failed ? -1 : 0;
}
