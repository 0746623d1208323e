/* SPDX-License-Identifier: MIT */
#include "names.h"
#include "preload/tl_format.h"
#include "util.h"

#include <stdio.h>
#include <time.h>

const char *timer_kind_name(uint32_t kind)
{
	return kind == TL_TIMERFD ? "timerfd" : "posix";
}

const char *notify_name(uint32_t notify)
{
	static const char *const names[] = {
	    [TL_NOTIFY_NONE] = "none",
	    [TL_NOTIFY_SIGNAL] = "signal",
	    [TL_NOTIFY_THREAD] = "thread",
	    [TL_NOTIFY_THREAD_ID] = "thread_id",
	};

	return notify < ARRAY_LEN(names) ? names[notify] : "none";
}

const char *clock_name(char out[CLOCK_NAME_SIZE], int32_t clock)
{
	static const char *const names[] = {
	    [CLOCK_REALTIME] = "CLOCK_REALTIME",
	    [CLOCK_MONOTONIC] = "CLOCK_MONOTONIC",
	    [CLOCK_PROCESS_CPUTIME_ID] = "CLOCK_PROCESS_CPUTIME_ID",
	    [CLOCK_THREAD_CPUTIME_ID] = "CLOCK_THREAD_CPUTIME_ID",
	    [CLOCK_BOOTTIME] = "CLOCK_BOOTTIME",
	    [CLOCK_REALTIME_ALARM] = "CLOCK_REALTIME_ALARM",
	    [CLOCK_BOOTTIME_ALARM] = "CLOCK_BOOTTIME_ALARM",
	    [CLOCK_TAI] = "CLOCK_TAI",
	};

	if (clock >= 0 && (size_t)clock < ARRAY_LEN(names) && names[clock])
		snprintf(out, CLOCK_NAME_SIZE, "%s", names[clock]);
	else
		/* Negative ones are CPU clocks of a process or thread, see clock_getcpuclockid(3)
		 */
		snprintf(out, CLOCK_NAME_SIZE, "%d", clock);
	return out;
}
