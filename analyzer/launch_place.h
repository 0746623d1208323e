/* SPDX-License-Identifier: MIT */
/*
 * launch_place.h - where the traces of one run lie: a private directory that goes when the run
 * ends, and the file of --trace, which stays.
 */
#ifndef ANALYZER_LAUNCH_PLACE_H
#define ANALYZER_LAUNCH_PLACE_H

#include <limits.h>
#include <stdint.h>

struct launch_place {
	char dir[PATH_MAX / 2];		/* absolute, 0700, ours; "" if there is none */
	char trace[PATH_MAX];		/* absolute; "" without --trace */
	uint64_t start_realtime, start; /* traces that began before are of another run */
};

/* 0, or -1 with one sentence in error. `trace` may be NULL. A trace of an earlier run at that path
 * is removed; any other file there is an error. launch_place_remove() is right after either. */
int launch_place_make(struct launch_place *place, const char *trace, char *error, unsigned size);
void launch_place_remove(struct launch_place *place);

/* From now on INT, QUIT, TERM and HUP remove the directory before they end this process, and
 * writing fails with an error instead of a signal. */
void launch_place_guard(const struct launch_place *place);

#endif
