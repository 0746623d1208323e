/* SPDX-License-Identifier: MIT */
/*
 * compare ROUNDS LIMIT <PLAN: what tools cost a command, from runs that alternate in one session.
 *
 * A line of the plan is a tool: its name and the words of its command (see launch.h), with tabs
 * between. The first is the command without a tool. Each run of a tool lies between two plain ones
 * and is compared with their mean: what a machine does slowly, all three see.
 *
 * Measures cpu and wall (microseconds) and peak (KiB), and whatever lines "NAME NUMBER" the command
 * leaves in the file $BENCH_OUT; these go before our own of the same name. Prints for each measure
 * and tool: measure tool, value, its spread in percent, ratio to plain, its spread in percent,
 * difference from plain, its spread. Prints "failed TOOL STATUS" for a tool whose run ended badly
 * or took more than LIMIT seconds; if plain does, it ends with status 1.
 */
#include "launch.h"
#include "stats.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { TOOLS = 24, WORDS = 2000, MEASURES = 24 };

static struct tool {
	char *name, *words[WORDS + 1];
	size_t runs;
	int failed;
	double *values[MEASURES];
} tools[TOOLS];

static size_t tool_count, measure_count, most_runs;
static char *measures[MEASURES];
static int limit;

static void read_plan(void)
{
	char *line = NULL;
	size_t room = 0;

	for (ssize_t n; tool_count < TOOLS && (n = getline(&line, &room, stdin)) > 0;) {
		struct tool *tool = &tools[tool_count++];
		char *rest = strdup(line), *word;

		rest[strcspn(rest, "\n")] = 0;
		tool->name = strsep(&rest, "\t");
		for (size_t i = 0; (word = strsep(&rest, "\t")); i++) {
			if (i == WORDS)
				errx(2, "more than %d words", WORDS);
			tool->words[i] = word;
		}
	}
	free(line);
}

static size_t measure_index(const char *name)
{
	size_t i = 0;

	while (i < measure_count && strcmp(measures[i], name) != 0)
		i++;
	if (i == MEASURES)
		errx(2, "too many measures");
	if (i == measure_count)
		measures[measure_count++] = strdup(name);
	return i;
}

static void keep(struct tool *tool, const char *name, double value)
{
	double **values = &tool->values[measure_index(name)];

	if (!*values)
		*values = calloc(most_runs, sizeof(double));
	(*values)[tool->runs] = value;
}

static void keep_what_it_said(struct tool *tool, const char *path)
{
	FILE *in = path ? fopen(path, "re") : NULL;
	char name[64];
	double value;

	while (in && fscanf(in, "%63s %lf", name, &value) == 2)
		keep(tool, name, value);
	if (in)
		fclose(in);
}

static void run(struct tool *tool)
{
	const char *out = getenv("BENCH_OUT");
	struct usage used;

	if (tool->failed)
		return;
	if (out)
		remove(out);
	tool->failed = launch_run(tool->words, limit, &used);
	if (tool->failed)
		return;
	keep(tool, "cpu", used.cpu);
	keep(tool, "wall", used.wall);
	keep(tool, "peak", used.peak);
	keep_what_it_said(tool, out);
	tool->runs++;
}

/* Run R of tool I has the plain runs of this place and the next around it. */
static double plain_beside(size_t i, size_t r, size_t measure)
{
	const double *plain = tools[0].values[measure] + r * (tool_count - 1) + i - 1;

	return (plain[0] + plain[1]) / 2;
}

static void print_of_plain(size_t m)
{
	struct middle value = middle_of(tools[0].values[m], tools[0].runs);

	printf("%s %s %.3f %.1f 1 0 0 0\n", measures[m], tools[0].name, value.median,
	       100 * value.spread / value.median);
}

static void print_of_tool(size_t i, size_t m)
{
	struct tool *tool = &tools[i];
	double *ratios = calloc(tool->runs, sizeof(double));
	double *differences = calloc(tool->runs, sizeof(double));
	struct middle value, ratio, difference;

	for (size_t r = 0; r < tool->runs; r++) {
		ratios[r] = tool->values[m][r] / plain_beside(i, r, m);
		differences[r] = tool->values[m][r] - plain_beside(i, r, m);
	}
	value = middle_of(tool->values[m], tool->runs);
	ratio = middle_of(ratios, tool->runs);
	difference = middle_of(differences, tool->runs);
	printf("%s %s %.3f %.1f %.4f %.1f %.3f %.3f\n", measures[m], tool->name, value.median,
	       100 * value.spread / value.median, ratio.median, 100 * ratio.spread / ratio.median,
	       difference.median, difference.spread);
	free(ratios);
	free(differences);
}

/* The tools first: what is asked of plain is sorted. */
static void print(void)
{
	for (size_t m = 0; m < measure_count; m++) {
		for (size_t i = 1; i < tool_count; i++)
			if (tools[i].values[m] && tools[i].runs && !tools[i].failed)
				print_of_tool(i, m);
		print_of_plain(m);
	}
	for (size_t i = 1; i < tool_count; i++)
		if (tools[i].failed)
			printf("failed %s %d\n", tools[i].name, tools[i].failed);
}

/* The first run fills caches and does not count; the last is beside the last of the last tool. */
static void alternate(size_t rounds)
{
	run(&tools[0]);
	tools[0].runs = 0;
	for (size_t r = 0; r < rounds; r++) {
		for (size_t i = 1; i < tool_count; i++) {
			run(&tools[0]);
			run(&tools[i]);
		}
	}
	run(&tools[0]);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

	limit = argc > 2 ? atoi(argv[2]) : 60;
	read_plan();
	if (rounds == 0 || tool_count == 0)
		return 2;
	/* What outlives the command, as a pipeline's last part does, is part of what it costs. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	most_runs = rounds * tool_count + 1;
	if (tool_count > 1)
		alternate(rounds);
	else
		while (rounds--)
			run(&tools[0]);
	if (tools[0].failed)
		errx(1, "%s: status %d", tools[0].words[0], tools[0].failed);
	print();
	return 0;
}
