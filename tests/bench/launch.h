/* SPDX-License-Identifier: MIT */
/*
 * launch.h - starts a command given as env(1) takes it, NAME=VALUE words before the program, and
 * says what it and all that it started used. Nobody measured runs under env itself: its exec would
 * count.
 */
#pragma once

#include <sys/types.h>

struct usage {
	double cpu, wall; /* microseconds, of the whole tree and of the clock on the wall */
	double peak;	  /* KiB, of the largest process of the tree */
};

/* In a process group of its own, its output to nowhere; -1 if it cannot be started. */
pid_t launch(char **words);

/*
 * Waits for everything that was started, after LIMIT seconds kills the group of CHILD. Returns the
 * child's status as wait(2) gives it. Orphans count too if the caller is a subreaper.
 */
int launch_wait(pid_t child, int limit, struct usage *used);

/* Both in one. */
int launch_run(char **words, int limit, struct usage *used);
