/* SPDX-License-Identifier: MIT */
/*
 * cli_values.h - values of options that need more than a number. Each function gives -1 to go on,
 * or EXIT_USAGE after a message on stderr.
 */
#ifndef ANALYZER_CLI_VALUES_H
#define ANALYZER_CLI_VALUES_H

#include "cli.h"

int cli_bad_value(const char *option, const char *value, const char *what);

int cli_take_output(struct cli *cli, const char *text);
int cli_take_leak_kinds(struct cli *cli, const char *text);
int cli_take_exitcode(struct cli *cli, const char *text);
int cli_take_color(struct cli *cli, const char *text);
int cli_take_heap(struct cli *cli, const char *text);

#endif
