/* SPDX-License-Identifier: MIT */
/* Rules that --gen-suppressions prints. Whoever copies one hides all that it matches: also what has
 * the same callees, or comes from another line of the same functions. */
#include "suppress_make.h"
#include "tally.h"
#include "text_parts.h"

#include <string.h>

static bool matches(struct suppressions *rules, const struct merged_site *site)
{
	const struct suppress_subject subject = {
	    .frames = site->stack->frames,
	    .frame_count = site->stack->count,
	    .timerfd = site->timer == TL_TIMERFD,
	    .class = "",
	    .site = site->ordinal,
	};

	return suppressions_match(rules, &subject) != NULL;
}

/* Sites besides this one; -1 on lack of memory. */
static long others_matched(const struct report *report, const struct merged_site *site,
			   const struct strbuf *rule)
{
	struct suppressions *rules = suppressions_new();
	char error[200];
	long count = -1;
	size_t i;

	if (rules && !suppressions_parse(rules, "", rule->data, rule->len, error, sizeof(error)))
		for (count = i = 0; i < group_site_count(report->group); i++)
			count += group_site(report->group, i) != site &&
				 group_site(report->group, i)->entries &&
				 matches(rules, group_site(report->group, i));
	suppressions_free(rules);
	return count;
}

static void remarks(const struct text *text, const struct entry *entry, const struct strbuf *rule)
{
	const struct merged_stack *stack = entry->site->stack;
	long others = others_matched(text->report, entry->site, rule);

	text->out->failed |= others < 0;
	if (suppress_make_is_broad(stack->frames, stack->count))
		strbuf_puts(text->out, "# a frame has no function: any of its module is covered\n");
	if (others > 0)
		strbuf_printf(text->out, "# this covers %ld other site%s too\n", others,
			      others == 1 ? "" : "s");
}

void text_suppression(const struct text *text, const struct entry *entry)
{
	const struct merged_stack *stack = entry->site->stack;
	struct strbuf rule = STRBUF_INIT;
	size_t times;

	suppress_make(&rule, stack->frames, stack->count);
	times = rule.len ? tally_add(text->rules, rule.data) : 0;
	if (rule.failed || (rule.len && !times)) {
		text->out->failed = true;
	} else if (!rule.len) {
		strbuf_puts(text->out, "# no frame has a name: no rule can be given\n");
	} else if (times > 1) {
		strbuf_puts(text->out, "# a rule above covers this\n");
	} else {
		remarks(text, entry, &rule);
		strbuf_puts(text->out, rule.data);
		strbuf_puts(text->out, "\n");
	}
	strbuf_free(&rule);
}
