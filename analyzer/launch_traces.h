/* SPDX-License-Identifier: MIT */
/*
 * launch_traces.h - the traces that one run has made so far, by their headers alone.
 */
#ifndef ANALYZER_LAUNCH_TRACES_H
#define ANALYZER_LAUNCH_TRACES_H

#include "launch.h"
#include "launch_place.h"
#include "preload/tl_format.h"
#include <stdbool.h>
#include <stddef.h>

struct launch_trace {
	char *path;
	uint32_t pid, end_state;
	uint64_t start;
	bool alive; /* its process still writes it */
	char exe[128];
};

struct launch_traces {
	struct launch_trace *items; /* by start */
	size_t count, capacity;
};

/* 0, or -1 on lack of memory. launch_traces_free() is right after either. */
int launch_traces_list(struct launch_traces *traces, const struct launch_place *place);
void launch_traces_free(struct launch_traces *traces);

size_t launch_traces_alive(const struct launch_traces *traces);
/* The newest image of a process, NULL if there is none. */
struct launch_trace *launch_traces_newest(const struct launch_traces *traces, pid_t pid);

/* Writes an end that the process itself could not record into its newest trace. */
void launch_traces_record_end(const struct launch_traces *traces, const struct launch_end *end);
/* The same for those that a process of the run reaped, as its own trace tells: deaths by signal. */
void launch_traces_record_killed(const struct launch_traces *traces);

#endif
