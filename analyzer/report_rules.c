/* SPDX-License-Identifier: MIT */
#include "report_rules.h"
#include "safe.h"

#include <limits.h>
#include <stdlib.h>

#define ERROR_SIZE (PATH_MAX + 256)

/* At the end of a program nobody can correct a file: without its rules is better than no report. */
static int load_one(struct report_rules *rules, const struct cli *cli, const char *path,
		    char *error)
{
	if (suppressions_load(rules->suppressions, path, error, ERROR_SIZE) == 0)
		return 0;
	if (!cli->lenient_suppressions)
		return -1;
	free(rules->warning);
	if (asprintf(&rules->warning, "suppressions: %s; no rule of that file is used", error) < 0)
		rules->warning = NULL;
	return rules->warning ? 0 : -1;
}

static int load_suppressions(struct report_rules *rules, const struct cli *cli, char *error)
{
	size_t i;

	if (!rules->suppressions ||
	    (!cli->no_default_suppressions && suppressions_add_defaults(rules->suppressions)))
		return -1;
	for (i = 0; i < cli->suppression_count; i++)
		if (load_one(rules, cli, cli->suppressions[i], error))
			return -1;
	return 0;
}

int report_rules_load(struct report_rules *rules, const struct cli *cli)
{
	char error[ERROR_SIZE] = "out of memory";

	*rules = (struct report_rules){.suppressions = suppressions_new()};
	if (load_suppressions(rules, cli, error)) {
		complain("timerleak: suppressions: %s\n", error);
		return EXIT_USAGE;
	}
	if (cli->baseline && baseline_load(&rules->baseline, cli->baseline, error, ERROR_SIZE)) {
		complain("timerleak: baseline: %s\n", error);
		return EXIT_USAGE;
	}
	return 0;
}

void report_rules_free(struct report_rules *rules)
{
	suppressions_free(rules->suppressions);
	free(rules->warning);
	baseline_free(&rules->baseline);
}
