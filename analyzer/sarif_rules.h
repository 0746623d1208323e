/* SPDX-License-Identifier: MIT */
/*
 * sarif_rules.h - what SARIF calls rules: one for each class of leak, and for each hazard.
 */
#ifndef ANALYZER_SARIF_RULES_H
#define ANALYZER_SARIF_RULES_H

#include "report.h"
#include <jansson.h>

/* Those that the report has results of, in a fixed order. A new reference; NULL on lack of memory.
 */
json_t *sarif_rules(const struct report *report);

/* Place in that list. */
size_t sarif_rule_of_class(const struct report *report, enum verdict_class class);
size_t sarif_rule_of_hazard(const struct report *report, enum tl_hazard hazard);

const char *sarif_level(enum verdict_kind kind);

#endif
