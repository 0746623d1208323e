/* SPDX-License-Identifier: MIT */
/*
 * launch.h - starts the program, stands by while it runs, learns how it ended.
 *
 * Same process group, same stdin; INT and QUIT are the program's. Everything that the program
 * inherits is as the launcher found it, but for the environment.
 */
#ifndef ANALYZER_LAUNCH_H
#define ANALYZER_LAUNCH_H

#include "launch_env.h"
#include "launch_signals.h"
#include <stddef.h>
#include <stdint.h>

/* How a process ended, as the one who reaps sees it. */
struct launch_end {
	pid_t pid;
	bool by_signal;
	int status;    /* exit status, or the signal */
	uint64_t time; /* CLOCK_MONOTONIC, ns */
};

struct launch {
	struct launch_signals signals;
	pid_t pid;
	bool adopt; /* orphaned descendants become our children, and are reaped */
	struct launch_end end;
	struct launch_end *others; /* of adopted children; owned */
	size_t other_count, other_capacity;
};

/*
 * 0; or the errno of the exec or fork that failed, with nothing left behind. launch_finish() is
 * right after either.
 */
int launch_start(struct launch *launch, char **argv, const struct launch_env *env, bool adopt);
/* Until the program has ended. */
void launch_wait(struct launch *launch);
/* Reaps adopted children that have ended; false if there is no child left. */
bool launch_reap_others(struct launch *launch);
void launch_finish(struct launch *launch);

/* 0-255, 128+N for a signal. */
int launch_status(const struct launch_end *end);

#endif
