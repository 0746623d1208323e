/* SPDX-License-Identifier: MIT */
/*
 * launch_kin.h - what is still alive of a run, with or without a trace.
 *
 * A child that was forked a moment before the program ended, or that is on its way through exec,
 * has no trace yet; a static one never makes any. All of them carry the environment that the
 * launcher gave, which names the private directory of the run (man 5 proc_pid_environ).
 */
#ifndef ANALYZER_LAUNCH_KIN_H
#define ANALYZER_LAUNCH_KIN_H

#include <stddef.h>
#include <sys/types.h>

struct launch_kin {
	pid_t *pids;
	size_t count, capacity;
};

/* Living processes of ours whose environment has TIMERLEAK_RUN=dir. 0, or -1 on lack of memory;
 * launch_kin_free() is right after either. */
int launch_kin_find(struct launch_kin *kin, const char *dir);
void launch_kin_free(struct launch_kin *kin);

#endif
