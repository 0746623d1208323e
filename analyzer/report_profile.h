/* SPDX-License-Identifier: MIT */
/*
 * report_profile.h - `timerleak report --heap-profile`: from traces to written heap profiles.
 */
#ifndef ANALYZER_REPORT_PROFILE_H
#define ANALYZER_REPORT_PROFILE_H

#include "report_run.h"

/*
 * Reads the inputs and writes one profile over all of them: to the outputs of `cli`, without any as
 * text to default_fd. With no readable input nothing is written. 0, or EXIT_USAGE for anything that
 * was unreadable or unwritable, always after a message on stderr.
 */
int report_profile(const struct cli *cli, const struct report_input *inputs, size_t input_count,
		   int default_fd);

#endif
