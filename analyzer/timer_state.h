/* SPDX-License-Identifier: MIT */
/*
 * timer_state.h - what a timer was doing when its image ended: derived from one slot and the end
 * time, no verdict in it. Pure.
 */
#ifndef ANALYZER_TIMER_STATE_H
#define ANALYZER_TIMER_STATE_H

#include "model.h"

enum arm_state { ARM_NEVER, ARM_ARMED, ARM_EXPIRED, ARM_DISARMED, ARM_STATES };

const char *arm_state_name(enum arm_state state);
enum arm_state timer_arm_state(const struct image *image, const struct timer *timer);
/* Somebody who holds its handle was found at the end. */
bool timer_has_holder(const struct image *image, const struct timer *timer);

uint64_t timer_age(const struct image *image, const struct timer *timer);

/*
 * Time of the oldest expiry that nobody has taken, 0 if there is none. For a periodic timer that
 * was drained this is the first expiry after the last drain.
 */
uint64_t timer_oldest_expiry(const struct image *image, const struct timer *timer);

/* Somebody had the time to take its expiry, and did not: the evidence says so. */
bool timer_undrained(const struct image *image, const struct timer *timer);

/* Of one that is undrained: the expiries since the oldest; 1 where they have no interval. */
uint64_t timer_unread_ticks(const struct image *image, const struct timer *timer);

/* It may be undrained, but the evidence that would tell was not gathered (a killed process). */
bool timer_undrained_unknown(const struct image *image, const struct timer *timer);

#endif
