/* SPDX-License-Identifier: MIT */
#include "suppress.h"
#include "default_suppressions.h"
#include "suppress_match.h"
#include "util.h"
#include "util_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16u << 20)

enum rule_type { RULE_LEAK, RULE_TIMERFD, RULE_POSIX, RULE_CLASS, RULE_MODULE, RULE_STACK };

static const char *const type_names[] = {"leak",   "timerfd", "posix", "class",
					 "module", "stack",   NULL};

struct rule {
	char *text; /* as written, without blanks around it */
	enum rule_type type;
	char *patterns_text; /* what patterns point into */
	const char **patterns;
	size_t pattern_count; /* above 1 for RULE_STACK alone */
	uint64_t hits;
	bool is_default;
	char *origin; /* file */
	size_t line;
	uint32_t *images; /* sorted; NULL: of any */
	size_t image_count;
	size_t sites, last_site; /* last_site: its number + 1 */
};

struct suppressions {
	struct rule *rules;
	size_t count, capacity;
};

/* ---- life --------------------------------------------------------------------------------- */

struct suppressions *suppressions_new(void)
{
	return calloc(1, sizeof(struct suppressions));
}

static void free_rule(struct rule *rule)
{
	free(rule->text);
	free(rule->origin);
	free(rule->images);
	free(rule->patterns_text);
	free(rule->patterns);
}

static void free_rules(struct rule *rules, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free_rule(&rules[i]);
	free(rules);
}

void suppressions_free(struct suppressions *rules)
{
	if (!rules)
		return;
	free_rules(rules->rules, rules->count);
	free(rules);
}

void suppressions_restart(struct suppressions *rules)
{
	size_t i, kept = 0;

	for (i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];

		if (rule->images) {
			free_rule(rule);
			continue;
		}
		rule->hits = rule->sites = rule->last_site = 0;
		rules->rules[kept++] = *rule;
	}
	rules->count = kept;
}

/* ---- one rule ----------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void trim(const char **text, size_t *len)
{
	while (*len && is_blank((*text)[*len - 1]))
		(*len)--;
	while (*len && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
}

static int add_pattern(struct rule *rule, size_t *capacity, char *pattern)
{
	if (!array_grow(&rule->patterns, rule->pattern_count, capacity, sizeof(*rule->patterns)))
		return -1;
	rule->patterns[rule->pattern_count++] = pattern;
	return 0;
}

/* Matches whatever there is. In a stack it may stand among others. */
static bool is_wild(const struct rule *rule, const char *pattern)
{
	return !pattern[strspn(pattern, "^*$")] ||
	       (rule->type == RULE_STACK && strcmp(pattern, SUPPRESS_ANY_FRAMES) == 0);
}

/* Of few sites no report could tell that a rule hid all, so it is a mistake from the start. */
static const char *check_wild(const struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->pattern_count; i++)
		if (!is_wild(rule, rule->patterns[i]))
			return NULL;
	return "it would match everything";
}

/* NULL, or what is wrong. */
static const char *split_patterns(struct rule *rule)
{
	char *next = rule->patterns_text, *pattern;
	size_t capacity = 0;

	while ((pattern = rule->type == RULE_STACK ? strsep(&next, ";") : next)) {
		if (rule->type != RULE_STACK)
			next = NULL;
		if (!pattern[strspn(pattern, "^$")])
			return "an empty pattern would match everything";
		if (add_pattern(rule, &capacity, pattern) != 0)
			return "out of memory";
		if (!next)
			break;
	}
	return check_wild(rule);
}

static int find_type(const char *name, size_t len)
{
	int type;

	for (type = 0; type_names[type]; type++)
		if (strlen(type_names[type]) == len && !memcmp(type_names[type], name, len))
			return type;
	return -1;
}

static const char *parse_rule(struct rule *rule, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *pattern;
	size_t pattern_len;
	int type = colon ? find_type(line, (size_t)(colon - line)) : -1;

	if (memchr(line, '\0', len))
		return "a NUL byte: this is not a text file";
	if (type < 0)
		return "a rule begins with leak:, timerfd:, posix:, class:, module: or stack:";
	rule->type = (enum rule_type)type;
	pattern = colon + 1;
	pattern_len = len - (size_t)(pattern - line);
	trim(&pattern, &pattern_len);
	rule->text = strndup(line, len);
	rule->patterns_text = strndup(pattern, pattern_len);
	if (!rule->text || !rule->patterns_text)
		return "out of memory";
	return split_patterns(rule);
}

/* ---- lists of rules ----------------------------------------------------------------------- */

static const char *parse_line(struct suppressions *list, const char *name, size_t number,
			      const char *line, size_t len)
{
	struct rule *rule;

	trim(&line, &len);
	if (!len || line[0] == '#')
		return NULL;
	if (!array_grow(&list->rules, list->count, &list->capacity, sizeof(*list->rules)))
		return "out of memory";
	rule = &list->rules[list->count++];
	memset(rule, 0, sizeof(*rule));
	rule->line = number;
	rule->origin = strdup(name);
	return rule->origin ? parse_rule(rule, line, len) : "out of memory";
}

static int append(struct suppressions *rules, struct suppressions *more)
{
	size_t i;

	for (i = 0; i < more->count; i++) {
		if (!array_grow(&rules->rules, rules->count, &rules->capacity,
				sizeof(*rules->rules)))
			return -1;
		rules->rules[rules->count++] = more->rules[i];
		more->rules[i] = (struct rule){0};
	}
	return 0;
}

int suppressions_parse(struct suppressions *rules, const char *name, const char *text, size_t len,
		       char *error, size_t size)
{
	struct suppressions fresh = {0};
	const char *end = text + len, *line, *what = NULL;
	size_t number = 0;

	for (line = text; !what && line < end; number++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;

		what = parse_line(&fresh, name, number + 1, line, (size_t)(stop - line));
		line = newline ? newline + 1 : end;
	}
	if (!what && append(rules, &fresh) != 0)
		what = "out of memory";
	free_rules(fresh.rules, fresh.count);
	if (what)
		snprintf(error, size, "%s:%zu: %s", name, number, what);
	return what ? -1 : 0;
}

int suppressions_load(struct suppressions *rules, const char *path, char *error, size_t size)
{
	size_t len;
	char *text = file_read(path, FILE_MAX, &len);
	int status;

	if (!text) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	status = suppressions_parse(rules, path, text, len, error, size);
	free(text);
	return status;
}

int suppressions_add_defaults(struct suppressions *rules)
{
	size_t first = rules->count;
	char error[128];

	if (suppressions_parse(rules, "default suppressions", default_suppressions,
			       strlen(default_suppressions), error, sizeof(error)) != 0)
		return -1;
	for (; first < rules->count; first++)
		rules->rules[first].is_default = true;
	return 0;
}

int suppressions_parse_own(struct suppressions *rules, const char *name, const char *text,
			   const uint32_t *images, size_t image_count, char *error, size_t size)
{
	size_t i = rules->count;

	if (suppressions_parse(rules, name, text, strlen(text), error, size))
		return -1;
	for (; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];

		rule->is_default = true;
		rule->image_count = image_count;
		rule->images = reallocarray(NULL, image_count + 1, sizeof(*images));
		if (!rule->images) {
			snprintf(error, size, "out of memory");
			return -1;
		}
		memcpy(rule->images, images, image_count * sizeof(*images));
	}
	return 0;
}

/* ---- matching ----------------------------------------------------------------------------- */

static bool matches_any_frame(const struct rule *rule, const struct suppress_subject *subject,
			      bool module_alone)
{
	const char *pattern = rule->patterns[0];
	size_t i;

	for (i = 0; i < subject->frame_count; i++) {
		const struct frame *frame = subject->frames[i];

		if (module_alone ? suppress_match_path(pattern, frame->module)
				 : suppress_match_frame(pattern, frame))
			return true;
	}
	return false;
}

/* All of the subject's images have to be among the rule's. */
static bool has_right(const struct rule *rule, const struct suppress_subject *subject)
{
	size_t i, k = 0;

	for (i = 0; rule->images && i < subject->image_count; i++) {
		while (k < rule->image_count && rule->images[k] < subject->images[i])
			k++;
		if (k == rule->image_count || rule->images[k] != subject->images[i])
			return false;
	}
	return !rule->images || subject->image_count;
}

static bool rule_matches(const struct rule *rule, const struct suppress_subject *subject)
{
	if (!has_right(rule, subject))
		return false;
	switch (rule->type) {
	case RULE_LEAK:
		return matches_any_frame(rule, subject, false);
	case RULE_TIMERFD:
		return subject->timerfd && matches_any_frame(rule, subject, false);
	case RULE_POSIX:
		return !subject->timerfd && matches_any_frame(rule, subject, false);
	case RULE_CLASS:
		return suppress_match_text(rule->patterns[0], subject->class);
	case RULE_MODULE:
		return matches_any_frame(rule, subject, true);
	case RULE_STACK:
		return suppress_match_stack(rule->patterns, rule->pattern_count, subject->frames,
					    subject->frame_count);
	}
	return false;
}

const char *suppressions_match(struct suppressions *rules, const struct suppress_subject *subject)
{
	const char *first = NULL;
	size_t i;

	for (i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];

		if (!rule_matches(rule, subject))
			continue;
		rule->sites += rule->last_site != subject->site + 1;
		rule->last_site = subject->site + 1;
		if (!first) {
			rule->hits += subject->timers;
			first = rule->text;
		}
	}
	return first;
}

const char *suppressions_origin(const struct suppressions *rules, size_t i, size_t *line,
				size_t *sites)
{
	*line = rules->rules[i].line;
	*sites = rules->rules[i].sites;
	return rules->rules[i].origin;
}

size_t suppressions_count(const struct suppressions *rules)
{
	return rules->count;
}

bool suppressions_is_own(const struct suppressions *rules, size_t i)
{
	return rules->rules[i].images != NULL;
}

const char *suppressions_rule(const struct suppressions *rules, size_t i, uint64_t *hits,
			      bool *is_default)
{
	*hits = rules->rules[i].hits;
	*is_default = rules->rules[i].is_default;
	return rules->rules[i].text;
}
