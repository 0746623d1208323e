/* SPDX-License-Identifier: MIT */
/*
 * names.h - the words for values of the trace format that every output shares.
 */
#ifndef ANALYZER_NAMES_H
#define ANALYZER_NAMES_H

#include <stddef.h>
#include <stdint.h>

const char *timer_kind_name(uint32_t kind); /* "posix", "timerfd" */
const char *notify_name(uint32_t notify);

/* "CLOCK_MONOTONIC"; a number for a clock without a name. The buffer is returned. */
#define CLOCK_NAME_SIZE 32
const char *clock_name(char out[CLOCK_NAME_SIZE], int32_t clock);

#endif
