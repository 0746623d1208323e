/* SPDX-License-Identifier: MIT */
/*
 * suppress.h - suppression rules, one a line, in LeakSanitizer's grammar.
 *
 *   # comment
 *   leak:PATTERN       any function, file or module of the creation stack
 *   timerfd:PATTERN    the same, timerfds only
 *   posix:PATTERN      the same, POSIX timers only
 *   class:PATTERN      the class (superseded, static_handle, ...)
 *   module:PATTERN     module of any frame
 *   stack:a;b;...;c    frames from the innermost on, each a PATTERN for its function, file or
 *                      module; "..." stands for any number of frames, none included
 *
 * PATTERN is a substring; `*` matches anything, `\*` itself, `^` as its first and `$` as its last
 * character anchor it. Files and modules are tried with their whole path and with their last
 * component:
 * `^libfoo.so` is any libfoo.so, `^/opt/app/` any of one directory. Blanks around a rule and its
 * pattern do not count. A rule that would match everything is an error. Rules of a file that does
 * not parse are not used at all: the error names file and line.
 */
#ifndef ANALYZER_SUPPRESS_H
#define ANALYZER_SUPPRESS_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct suppressions;

struct suppress_subject {
	const struct frame *const *frames; /* innermost first */
	size_t frame_count;
	bool timerfd;
	const char *class;	/* e.g. "never_stopped" */
	uint64_t timers;	/* how many this entry stands for, for the hit counts */
	const uint32_t *images; /* sorted: numbers of the images that it is of */
	size_t image_count;
	size_t site; /* a number that entries of one site share; they come one after another */
};

struct suppressions *suppressions_new(void);
void suppressions_free(struct suppressions *rules);

/* The list that is shipped: singletons that known programs keep on purpose. */
int suppressions_add_defaults(struct suppressions *rules);

/* 0, or -1 with "path:line: what" in error. */
int suppressions_load(struct suppressions *rules, const char *path, char *error, size_t size);
int suppressions_parse(struct suppressions *rules, const char *name, const char *text, size_t len,
		       char *error, size_t size);

#define SUPPRESSIONS_OWN "__timerleak_default_suppressions" /* as the origin of these */

/*
 * Rules that a program brought: for what is of these images alone (a process that goes on as
 * another program by exec has more than one). Numbers as in the subjects; sorted; copied.
 */
int suppressions_parse_own(struct suppressions *rules, const char *name, const char *text,
			   const uint32_t *images, size_t image_count, char *error, size_t size);

/* For the next report: without what programs brought to the last one, and with no hits. */
void suppressions_restart(struct suppressions *rules);

/* The first rule that matches, as written, and its hit count goes up; NULL if none. */
const char *suppressions_match(struct suppressions *rules, const struct suppress_subject *subject);

size_t suppressions_count(const struct suppressions *rules);
/* Rule i as written, its hits (in timers), whether it is a default. */
const char *suppressions_rule(const struct suppressions *rules, size_t i, uint64_t *hits,
			      bool *is_default);
/* Whether a program brought rule i. */
bool suppressions_is_own(const struct suppressions *rules, size_t i);
/* Where rule i stands, and how many sites it matches: also those that an earlier rule took. */
const char *suppressions_origin(const struct suppressions *rules, size_t i, size_t *line,
				size_t *sites);

#endif
