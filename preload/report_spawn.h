/* SPDX-License-Identifier: MIT */
/*
 * report_spawn.h - runs the analyzer as a child that the host cannot notice.
 *
 * A child of the host that execs gets SIGCHLD as its exit signal (man 2 execve), so that the
 * host's SIGCHLD handler and its waitpid(-1) in any thread would see it. Hence two steps:
 *
 *   host          all signals blocked, clone(CLONE_VM | CLONE_VFORK), exit signal 0
 *   intermediate  never execs: no SIGCHLD, and no wait without __WALL or __WCLONE finds it. It has
 *                 its own descriptors, which it closes, and its own signal dispositions, in which
 *                 SIGCHLD is default: ignored, as the host may have it, would reap the analyzer.
 *   analyzer      its child: default dispositions, the host's signal mask, a clean environment,
 *                 the trace on its standard input by a pipe that the intermediate fills
 *
 * The host's thread sleeps in the clone until the intermediate has gone; other threads run on. What
 * happened is written into the struct, which both share.
 */
#ifndef TL_REPORT_SPAWN_H
#define TL_REPORT_SPAWN_H

#include "base.h"

enum tl_spawn_end {
	TL_SPAWN_FAILED = 0, /* error: nothing was started */
	TL_SPAWN_EXITED,     /* status */
	TL_SPAWN_SIGNALED,   /* status is the signal */
	TL_SPAWN_TIMEOUT,    /* killed after `seconds` */
	TL_SPAWN_UNKNOWN,    /* nobody knows how it ended */
};

struct tl_spawn {
	const char *const *programs; /* absolute; the first that can be executed; NULL at the end */
	char **argv;
	const void *input;
	size_t input_size;
	int out;	  /* standard output and error, -1 = nowhere */
	unsigned seconds; /* time limit, 0 = none */
	bool hold;	  /* write nothing if `silent_if` ends its output */
	const char *silent_if;

	enum tl_spawn_end end;
	int status, error;
};

void tl_report_spawn(struct tl_spawn *spawn);

/* environ without what is meant for the host: LD_*, MALLOC_*, TIMERLEAK_*, DEBUGINFOD_URLS. */
char **tl_report_environment(char **from, size_t *bytes); /* by tl_sys_mmap; NULL: no memory */

#endif
