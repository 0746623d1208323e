/* SPDX-License-Identifier: MIT */
/*
 * report_own_rules.h - the suppressions that programs brought in their traces.
 */
#ifndef ANALYZER_REPORT_OWN_RULES_H
#define ANALYZER_REPORT_OWN_RULES_H

#include "model.h"
#include "suppress.h"

/*
 * Of images whose notes are there: after a group took them in, see image_load(). Their numbers are
 * their places in the list. A text that does not parse is not used; *warning, malloc'ed or NULL,
 * says so. 0, or -1 on lack of memory.
 */
int report_own_rules(struct suppressions *rules, const struct image *const *images, size_t count,
		     char **warning);

#endif
