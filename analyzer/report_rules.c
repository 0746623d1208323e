/* SPDX-License-Identifier: MIT */
#include "report_rules.h"
#include "safe.h"

#include <limits.h>

#define ERROR_SIZE (PATH_MAX + 256)

static int load_suppressions(struct suppressions *rules, const struct cli *cli, char *error)
{
	size_t i;

	if (!rules || (!cli->no_default_suppressions && suppressions_add_defaults(rules)))
		return -1;
	for (i = 0; i < cli->suppression_count; i++)
		if (suppressions_load(rules, cli->suppressions[i], error, ERROR_SIZE))
			return -1;
	return 0;
}

int report_rules_load(struct report_rules *rules, const struct cli *cli)
{
	char error[ERROR_SIZE] = "out of memory";

	*rules = (struct report_rules){.suppressions = suppressions_new()};
	if (load_suppressions(rules->suppressions, cli, error)) {
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
	baseline_free(&rules->baseline);
}
