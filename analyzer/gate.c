/* SPDX-License-Identifier: MIT */
#include "gate.h"

static void fail(struct gate *gate, const char *reason)
{
	size_t i = 0;

	while (gate->reasons[i])
		i++;
	gate->reasons[i] = reason;
	gate->state = GATE_FAILED;
}

void gate_judge(struct gate *gate, const struct gate_limits *limits, const struct report *report)
{
	const struct report_summary *sum = &report->summary;

	*gate = (struct gate){.limits = *limits, .state = GATE_NONE};
	if (limits->max_leaks < 0 && limits->max_undrained < 0)
		return;
	gate->state = GATE_PASSED;
	if (limits->max_leaks >= 0 && sum->leaked > (uint64_t)limits->max_leaks)
		fail(gate, "max_leaks");
	if (limits->max_undrained >= 0 && sum->undrained > (uint64_t)limits->max_undrained)
		fail(gate, "max_undrained");
	/* Nobody could look: a limit that was not checked has not been kept. */
	if (limits->max_undrained >= 0 && sum->undrained_unknown)
		fail(gate, "undrained_unknown");
	if (!report->complete)
		fail(gate, "incomplete");
}
