/* SPDX-License-Identifier: MIT */
/*
 * ci_results.h - the leaks of a report as CI services show them: each with one place in the sources
 * and an identity that outlives builds. What sarif, junit, github and gitlab share.
 */
#ifndef ANALYZER_CI_RESULTS_H
#define ANALYZER_CI_RESULTS_H

#include "gate.h"
#include "report.h"
#include "strbuf.h"

#define CI_ID_SIZE 64

/* Services reject what has no place, so there is always one. */
struct ci_place {
	const struct frame *frame; /* NULL if no frame has a source file */
	char *path;		   /* its file; without one the module, else the main program */
	int line;		   /* 1 if it is not known */
	bool inside;		   /* of the source root: the path is relative to it */
};

struct ci_result {
	const struct entry *entry;
	struct ci_place place; /* where it is shown */
	char id[CI_ID_SIZE];   /* fingerprint and class, with a number if there are several */
};

struct ci_results {
	struct ci_result *list; /* as the report has them: most timers first */
	size_t count;
};

/* `cut` is left out where a file begins with it, or NULL. 0, or -1 on lack of memory;
 * ci_results_free() is right after either. */
int ci_results_make(struct ci_results *results, const struct report *report, const char *cut);
void ci_results_free(struct ci_results *results);

/* Of a stack, NULL if there is none: the first frame inside the source root, else the first one
 * with a file. The path is the caller's. 0, or -1 on lack of memory. */
int ci_place_find(struct ci_place *place, const struct report *report,
		  const struct merged_stack *stack, const char *cut);

/* "answer_or_timeout", "app+0x12ab"; safe to print. */
void ci_frame_name(struct strbuf *out, const struct frame *frame);

/* "5 timerfds leaked in answer_or_timeout" */
void ci_title(struct strbuf *out, const struct entry *entry);
/* "5 timerfds leaked (possible, never_stopped): never closed ..." */
void ci_headline(struct strbuf *out, const struct entry *entry);
/* The headline, the creation stack, the freeing one and the advice, several lines. */
void ci_body(struct strbuf *out, const struct entry *entry);

/* How --max-undrained failed, and where the timers were made, several lines; nothing if it did not
 * fail. */
void ci_undrained(struct strbuf *out, const struct report *report, const struct gate *gate);

#endif
