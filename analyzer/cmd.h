/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the subcommands. argv[0] is the subcommand's name; the value is the exit status.
 */
#ifndef ANALYZER_CMD_H
#define ANALYZER_CMD_H

int cmd_run(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);

#endif
