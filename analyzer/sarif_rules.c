/* SPDX-License-Identifier: MIT */
#include "sarif_rules.h"
#include "emit_json_parts.h"
#include "explain.h"

static const struct class_words {
	enum verdict_kind kind;
	const char *brief, *full;
} class_words[VERDICT_CLASSES] = {
    [CLASS_ORPHANED] =
	{KIND_DEFINITE, "Timer orphaned",
	 "The block that held the timer's handle, or what its notification points to, was freed "
	 "while the timer was not stopped. Nobody can stop it any more, or it will fire on freed "
	 "memory."},
    [CLASS_ARM_FAILED] =
	{KIND_DEFINITE, "Timer left behind after arming it failed",
	 "Arming the timer failed, and nobody looked at it again: an error path that does not stop "
	 "what it made."},
    [CLASS_OVERWRITTEN] = {KIND_DEFINITE, "Timer handle overwritten",
			   "Another handle was written over the timer's own while it was not "
			   "stopped. Nobody can stop it any more."},
    [CLASS_STATIC_HANDLE] = {KIND_HELD, "Timer still held",
			     "Something that the program can reach still holds the timer at the "
			     "end."},
    [CLASS_IN_SERVICE] = {KIND_HELD, "Timer in service",
			  "A thread waits for the timer, or uses it regularly."},
    [CLASS_IN_CHILD] = {KIND_HELD, "Timer in a child process",
			"A process that was forked from this one still has the timerfd."},
    [CLASS_IN_EPOLL] = {KIND_HELD, "Timer in an epoll set",
			"An epoll set that is still open has the timer."},
    [CLASS_UNREACHABLE] = {KIND_DEFINITE, "Timer unreachable",
			   "The timer's handle lies in a heap block that nothing leads to any "
			   "more."},
    [CLASS_NEVER_STOPPED] = {KIND_POSSIBLE, "Timer never stopped",
			     "The program ended by itself and had neither deleted nor closed the "
			     "timer."},
    [CLASS_LIVE] = {KIND_UNDECIDED, "Timer live", "The process had not ended by itself."},
};

const char *sarif_level(enum verdict_kind kind)
{
	return kind == KIND_DEFINITE ? "error" : kind == KIND_POSSIBLE ? "warning" : "note";
}

static bool has_class(const struct report *report, enum verdict_class class)
{
	size_t i;

	for (i = 0; i < report->entry_count && report->entries[i]->leaked; i++)
		if (report->entries[i]->verdict.class == class)
			return true;
	return false;
}

static bool has_hazard(const struct report *report, enum tl_hazard hazard)
{
	size_t i;

	for (i = 0; i < report->hazard_count; i++)
		if (report->hazards[i].hazard == hazard)
			return true;
	return false;
}

/* ---- places in the list --------------------------------------------------------------------- */

size_t sarif_rule_of_class(const struct report *report, enum verdict_class class)
{
	size_t index = 0;
	int k;

	for (k = 0; k < (int)class; k++)
		index += has_class(report, (enum verdict_class)k);
	return index;
}

size_t sarif_rule_of_hazard(const struct report *report, enum tl_hazard hazard)
{
	size_t index = sarif_rule_of_class(report, VERDICT_CLASSES);
	int k;

	for (k = 0; k < (int)hazard; k++)
		index += has_hazard(report, (enum tl_hazard)k);
	return index;
}

/* ---- the list ------------------------------------------------------------------------------- */

static json_t *class_rule(enum verdict_class class)
{
	const struct class_words *words = &class_words[class];

	return json_pack("{s:s, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:[s,s]}}", "id",
			 verdict_class_name(class), "shortDescription", "text", words->brief,
			 "fullDescription", "text", words->full, "help", "text",
			 "Stop each timer on every path: timer_delete for a POSIX timer, close for "
			 "a timerfd, before the last copy of its handle is lost.",
			 "defaultConfiguration", "level", sarif_level(words->kind), "properties",
			 "tags", "reliability", "resource-leak");
}

static json_t *hazard_rule(enum tl_hazard hazard)
{
	return json_pack("{s:s+, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:[s]}}", "id", "hazard.",
			 hazard_name(hazard), "shortDescription", "text", hazard_name(hazard),
			 "fullDescription", "text", explain_hazard(hazard), "help", "text",
			 explain_hazard(hazard), "defaultConfiguration", "level", "note",
			 "properties", "tags", "reliability");
}

json_t *sarif_rules(const struct report *report)
{
	json_t *list = json_array();
	int k;

	for (k = 0; k < VERDICT_CLASSES; k++)
		if (has_class(report, (enum verdict_class)k))
			json_push(&list, class_rule((enum verdict_class)k));
	for (k = 0; k < TL_HAZARDS; k++)
		if (has_hazard(report, (enum tl_hazard)k))
			json_push(&list, hazard_rule((enum tl_hazard)k));
	return list;
}
