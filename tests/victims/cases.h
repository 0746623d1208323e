/* SPDX-License-Identifier: MIT */
/*
 * cases.h - many small cases in one victim: the first argument names the one to run.
 *
 * A case makes timers in a known way and returns; the test knows how many should be left. A case
 * that cannot be run here (a right is missing) calls skip(), status 77.
 */
#ifndef CASES_H
#define CASES_H

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*run)(void);
};

#define CASE(fn)        \
	{               \
#fn, fn \
	}
/* A failing call would make the counts meaningless. */
#define MUST(e) ((e) ? (void)0 : err(99, "line %d: %s", __LINE__, #e))
#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif

static inline void skip(const char *why)
{
	fprintf(stderr, "skipped: %s\n", why);
	exit(77);
}

static inline int run_case(const struct test_case *c, size_t n, int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < n; i++) {
		if (strcmp(c[i].name, argv[1]))
			continue;
		c[i].run();
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		puts(c[i].name);
	return argc > 1 ? 2 : 0;
}

#define RUN_CASE(list, argc, argv) run_case(list, sizeof(list) / sizeof(*(list)), argc, argv)

#endif
