/* SPDX-License-Identifier: MIT */
/*
 * report_rules.h - what the command line says is not to be counted: suppressions and a baseline.
 */
#ifndef ANALYZER_REPORT_RULES_H
#define ANALYZER_REPORT_RULES_H

#include "baseline.h"
#include "cli.h"
#include "suppress.h"

struct report_rules {
	struct suppressions *suppressions;
	struct baseline baseline; /* empty if none was asked for */
	char *warning;		  /* a file in error, where that is none; or NULL */
};

/* 0, or EXIT_USAGE after a message on stderr. report_rules_free() is right after either. */
int report_rules_load(struct report_rules *rules, const struct cli *cli);
void report_rules_free(struct report_rules *rules);

#endif
