/* SPDX-License-Identifier: MIT */
/*
 * group_parts.h - the timers of an entry by thread, clock and state: one record for those that
 * agree, however many they are.
 */
#ifndef ANALYZER_GROUP_PARTS_H
#define ANALYZER_GROUP_PARTS_H

#include "group.h"

/* Counts one timer, or adds to those that agree with it. 0, or -1 on lack of memory. */
int group_parts_add(struct entry *entry, const struct entry_part *part);

/* After the last one: sorts them, and lists threads and pids. 0, or -1 on lack of memory. */
int group_parts_finish(struct entry *entry);

/* Sorts parts, and makes one of those that agree; returns how many are left. */
size_t group_parts_merge(struct entry_part *parts, size_t count);

#endif
