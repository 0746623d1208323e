/* SPDX-License-Identifier: MIT */
/*
 * gate.h - whether a report passes the limits that were asked for. Incomplete data never passes.
 */
#ifndef ANALYZER_GATE_H
#define ANALYZER_GATE_H

#include "report.h"

#define GATE_UNSET (-1)

struct gate_limits {
	int64_t max_leaks, max_undrained; /* GATE_UNSET, or 0 and more */
};

enum gate_state { GATE_NONE, GATE_PASSED, GATE_FAILED };

#define GATE_REASONS 4

struct gate {
	struct gate_limits limits;
	enum gate_state state;
	const char *reasons[GATE_REASONS + 1]; /* NULL-terminated, static strings */
};

void gate_judge(struct gate *gate, const struct gate_limits *limits, const struct report *report);

#endif
