/* SPDX-License-Identifier: MIT */
/* main.c - the command `timerleak`: finds the subcommand. */
#include "cli.h"
#include "cmd.h"
#include "help.h"
#include "safe.h"
#include "util.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"run", cmd_run}, {"report", cmd_report}, {"diff", cmd_diff}, {"top", NULL}, {"ps", NULL},
};

static int unknown_command(const char *name)
{
	const char *names[ARRAY_LEN(commands) + 1];
	const char *near;
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	names[i] = NULL;
	near = nearest_name(name, names);
	complain("timerleak: unknown command '%s'", name);
	if (near)
		complain("; did you mean '%s'?", near);
	complain(" (see timerleak --help)\n");
	return EXIT_USAGE;
}

static int run_command(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		if (commands[i].run)
			return commands[i].run(argc, argv);
		complain("timerleak: the command '%s' is not in this version\n", argv[0]);
		return EXIT_USAGE;
	}
	return unknown_command(argv[0]);
}

/* What was asked for and could not be said is a failure: a full disk, a closed stdout. */
static int print(const char *text)
{
	return fputs(text, stdout) == EOF || fflush(stdout) ? EXIT_USAGE : 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(help_main, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    (strcmp(argv[1], "help") == 0 && argc == 2))
		return print(help_main);
	if (strcmp(argv[1], "help") == 0) {
		char help[] = "--help", *command[] = {argv[2], help, NULL};

		return run_command(2, command);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return print("timerleak " TIMERLEAK_VERSION "\n");
	return run_command(argc - 1, argv + 1);
}
