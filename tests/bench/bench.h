/* SPDX-License-Identifier: MIT */
/* bench.h - what the workloads share: CPU time, and telling compare.c a measure of their own. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Nanoseconds of all threads of this process. */
static inline double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* To $BENCH_OUT, or for a reader to stdout. */
static inline void measured(const char *name, double value)
{
	const char *path = getenv("BENCH_OUT");
	FILE *out = path ? fopen(path, "ae") : stdout;

	if (!out)
		exit(1);
	fprintf(out, "%s %.1f\n", name, value);
	if (out != stdout)
		fclose(out);
}
