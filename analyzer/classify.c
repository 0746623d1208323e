/* SPDX-License-Identifier: MIT */
#include "classify.h"
#include "timer_state.h"
#include "util.h"

#define SERVICE_LEAST	   3
#define SERVICE_LEAST_TIME (100 * NSEC_PER_MSEC)

static bool has_evidence(const struct image *image, uint32_t evidence)
{
	return (image->header.evidence & evidence) != 0;
}

/* Row 1: gone in the kernel, by a call that no hook saw. */
static bool is_stopped(const struct image *image, const struct timer *timer)
{
	return has_evidence(image, timer->kind == TL_TIMERFD ? TL_EV_FDS : TL_EV_TIMERS) &&
	       (timer->facts & TL_FACT_GONE);
}

/* What its notification carries was freed. Nothing is notified with SIGEV_NONE. */
static bool payload_was_freed(const struct timer *timer)
{
	return (timer->flags & TL_F_PAYLOAD_FREED) &&
	       (timer->kind == TL_TIMERFD || timer->notify != TL_NOTIFY_NONE);
}

/* Row 2: its next expiry will hand out a pointer to a block that is gone. */
static bool is_armed_on_freed_payload(const struct image *image, const struct timer *timer)
{
	return payload_was_freed(timer) && timer_arm_state(image, timer) == ARM_ARMED;
}

/* Row 3: never armed, because arming failed; any successful call since takes the mark away. */
static bool is_arm_failed(const struct image *image, const struct timer *timer)
{
	return (timer->flags & TL_F_ARM_FAILED) && timer_arm_state(image, timer) == ARM_NEVER;
}

/* Row 4: the block of its place was freed with the handle in it, and nobody used it since. */
static bool is_place_freed(const struct image *image, const struct timer *timer)
{
	(void)image;
	return timer->kind == TL_POSIX && (timer->flags & TL_F_PLACE_FREED);
}

/* Row 5: timer_create wrote another handle over the only one. */
static bool is_overwritten(const struct image *image, const struct timer *timer)
{
	(void)image;
	return timer->kind == TL_POSIX && (timer->flags & TL_F_OVERWRITTEN);
}

/* Row 7: its place, in storage that counts, still holds the handle, or another thread's frame; or
 * it did until exit() freed the block, which is how tidy programs end. */
static bool is_held_by_handle(const struct image *image, const struct timer *timer)
{
	if (timer->kind != TL_POSIX)
		return false;
	return timer_has_holder(image, timer) || (timer->flags & TL_F_PLACE_AT_EXIT);
}

/* Row 8, first part: a thread waits for it right now, or a request of an io_uring does. */
static bool is_waited_for(const struct image *image, const struct timer *timer)
{
	if (has_evidence(image, TL_EV_FDS) && (timer->facts & TL_FACT_IN_RING))
		return true;
	return has_evidence(image, TL_EV_TASKS) && (timer->facts & TL_FACT_BLOCKED_ON);
}

static bool made_another_since(const struct image *image, const struct timer *timer)
{
	size_t i;

	for (i = 0; i < image->creator_count; i++) {
		const struct tl_creator *creator = &image->creators[i];

		if (creator->state != TL_SLOT_EMPTY && creator->site == timer->site &&
		    creator->tid == timer->service_tid &&
		    creator->last_create > timer->last_service)
			return true;
	}
	return false;
}

/* Row 8, second part: drained or re-armed again and again, and lately. */
static bool is_served(const struct image *image, const struct timer *timer)
{
	uint64_t end = image_end_time(image), limit = SERVICE_LEAST_TIME;

	if (timer->services < SERVICE_LEAST)
		return false;
	if (timer->longest_gap > limit / 2)
		limit = timer->longest_gap > UINT64_MAX / 2 ? UINT64_MAX : 2 * timer->longest_gap;
	if (end > timer->last_service && end - timer->last_service > limit)
		return false;
	return !made_another_since(image, timer);
}

/* Row 8, third part: a process forked from this one still has the timerfd. */
static bool is_in_child(const struct image *image, const struct timer *timer)
{
	return timer->kind == TL_TIMERFD && has_evidence(image, TL_EV_FDS) &&
	       (timer->facts & TL_FACT_IN_CHILD);
}

/* Row 9: as row 2, but it may never expire again. */
static bool is_payload_freed(const struct image *image, const struct timer *timer)
{
	(void)image;
	return payload_was_freed(timer);
}

/* Row 10: registered in an open epoll set that somebody still serves. */
static bool is_in_epoll(const struct image *image, const struct timer *timer)
{
	return has_evidence(image, TL_EV_EPOLL) && (timer->facts & TL_FACT_IN_EPOLL) &&
	       !(timer->flags & TL_F_EPOLL_UNSERVED);
}

/* Row 11: the handle is in a block that is lost itself. Its expiry may still lead there. */
static bool is_unreachable(const struct image *image, const struct timer *timer)
{
	if (timer->kind != TL_POSIX || !has_evidence(image, TL_EV_REACH) ||
	    !(timer->facts & TL_FACT_UNREACHABLE))
		return false;
	return !(timer->facts & TL_FACT_PAYLOAD_LEADS) ||
	       timer_arm_state(image, timer) != ARM_ARMED;
}

/* Row 12: the process had every chance to stop it. */
static bool is_never_stopped(const struct image *image, const struct timer *timer)
{
	(void)timer;
	return image_ended_by_itself(image);
}

/* Row 13: running, killed, replaced by exec, or ended unseen. */
static bool is_live(const struct image *image, const struct timer *timer)
{
	(void)image;
	(void)timer;
	return true;
}

/* The verdict table. The first rule that fits decides; the last one always does. */
static const struct rule {
	bool (*fits)(const struct image *image, const struct timer *timer);
	struct verdict verdict;
} rules[] = {
    {is_stopped, {KIND_STOPPED, CLASS_STOPPED, 1}},
    {is_armed_on_freed_payload, {KIND_DEFINITE, CLASS_ORPHANED, 2}},
    {is_arm_failed, {KIND_DEFINITE, CLASS_ARM_FAILED, 3}},
    {is_place_freed, {KIND_DEFINITE, CLASS_ORPHANED, 4}},
    {is_overwritten, {KIND_DEFINITE, CLASS_OVERWRITTEN, 5}},
    {is_held_by_handle, {KIND_HELD, CLASS_STATIC_HANDLE, 7}},
    {is_waited_for, {KIND_HELD, CLASS_IN_SERVICE, 8}},
    {is_served, {KIND_HELD, CLASS_IN_SERVICE, 8}},
    {is_in_child, {KIND_HELD, CLASS_IN_CHILD, 8}},
    {is_payload_freed, {KIND_DEFINITE, CLASS_ORPHANED, 9}},
    {is_in_epoll, {KIND_HELD, CLASS_IN_EPOLL, 10}},
    {is_unreachable, {KIND_DEFINITE, CLASS_UNREACHABLE, 11}},
    {is_never_stopped, {KIND_POSSIBLE, CLASS_NEVER_STOPPED, 12}},
    {is_live, {KIND_UNDECIDED, CLASS_LIVE, 13}},
};

struct verdict classify(const struct image *image, const struct timer *timer)
{
	const struct rule *rule = rules;

	while (!rule->fits(image, timer))
		rule++;
	return rule->verdict;
}

const char *verdict_kind_name(enum verdict_kind kind)
{
	static const char *const names[VERDICT_KINDS] = {
	    [KIND_STOPPED] = "stopped",	    [KIND_DEFINITE] = "definite",
	    [KIND_POSSIBLE] = "possible",   [KIND_HELD] = "held",
	    [KIND_UNDECIDED] = "undecided",
	};

	return names[kind];
}

const char *verdict_class_name(enum verdict_class class)
{
	static const char *const names[VERDICT_CLASSES] = {
	    [CLASS_STOPPED] = "stopped",
	    [CLASS_ORPHANED] = "orphaned",
	    [CLASS_ARM_FAILED] = "arm_failed",
	    [CLASS_OVERWRITTEN] = "overwritten",
	    [CLASS_STATIC_HANDLE] = "static_handle",
	    [CLASS_IN_SERVICE] = "in_service",
	    [CLASS_IN_CHILD] = "in_child",
	    [CLASS_IN_EPOLL] = "in_epoll",
	    [CLASS_UNREACHABLE] = "unreachable",
	    [CLASS_NEVER_STOPPED] = "never_stopped",
	    [CLASS_LIVE] = "live",
	};

	return names[class];
}
