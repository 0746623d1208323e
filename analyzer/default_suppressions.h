/* SPDX-License-Identifier: MIT */
/*
 * default_suppressions.h - the list that is shipped: timers that widely used programs and libraries
 * keep until they end, on purpose, one for a process or a thread.
 *
 * A rule here must be narrow: it names the code that makes the timer, never a caller of it, so that
 * it cannot hide a leak of the user's own. In the grammar of suppress.h.
 */
#ifndef ANALYZER_DEFAULT_SUPPRESSIONS_H
#define ANALYZER_DEFAULT_SUPPRESSIONS_H

extern const char default_suppressions[];

#endif
