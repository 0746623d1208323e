/* SPDX-License-Identifier: MIT */
/*
 * launch_env.h - the environment that makes a program load the shim and write its trace for us.
 */
#ifndef ANALYZER_LAUNCH_ENV_H
#define ANALYZER_LAUNCH_ENV_H

#include <stdbool.h>

struct launch_env {
	const char *shim;      /* path of libtimerleak.so, free of blanks and colons */
	const char *sanitizer; /* runtime to be loaded before everything, "" = none */
	const char *run_dir;   /* absolute; traces go here */
	const char *trace;     /* absolute path for the main image's trace, "" = in run_dir */
	const char *heap;      /* an option for the shim, NULL = none */
};

/* libtimerleak.so beside this executable, in ../lib, in ../lib/MULTIARCH, or where it was to be
 * installed. malloc'ed; NULL if there is none. */
char *launch_find_shim(void);

/* Whether LD_PRELOAD can carry this path: the loader splits it at blanks and colons. */
bool launch_preloadable(const char *path);

/* Changes this process's environment: for the child, between fork and exec. 0, or -1. */
int launch_env_apply(const struct launch_env *env);

#endif
