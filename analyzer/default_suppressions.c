/* SPDX-License-Identifier: MIT */
#include "default_suppressions.h"

/* Distributions strip these programs: a stack rule names the file that frame 0 lies in. */
const char default_suppressions[] =
    "# coreutils timeout: its only timer lasts until the command has ended.\n"
    "stack:^/usr/bin/timeout$\n"
    "stack:^/usr/local/bin/timeout$\n"
    "# gperftools, CPUPROFILE_PER_THREAD_TIMERS: one timer a thread, as long as profiling is on.\n"
    "stack:^libprofiler.so\n"
    "stack:^libtcmalloc_and_profiler.so\n";
