/* SPDX-License-Identifier: MIT */
#include "timer_state.h"
#include "util.h"

/* An expiry younger than this, or than two intervals, may just not have been taken yet. */
#define UNDRAINED_GRACE (100 * NSEC_PER_MSEC)

static bool fact(const struct image *image, const struct timer *timer, uint32_t evidence,
		 uint32_t bit)
{
	return (image->header.evidence & evidence) && (timer->facts & bit);
}

/* fdinfo shows the time left; of POSIX timers the process itself asks, at its end. */
static uint32_t kernel_was_asked(const struct timer *timer)
{
	return timer->kind == TL_TIMERFD ? TL_FACT_SEEN : TL_FACT_ASKED;
}

/* Not every call is seen: the kernel may know better than the hooks. */
static uint32_t kernel_knows_better(const struct timer *timer)
{
	return timer->kind == TL_TIMERFD ? TL_FACT_SET_UNSEEN : TL_FACT_ASKED;
}

const char *arm_state_name(enum arm_state state)
{
	static const char *const names[ARM_STATES] = {
	    [ARM_NEVER] = "never_armed",
	    [ARM_ARMED] = "armed",
	    [ARM_EXPIRED] = "expired",
	    [ARM_DISARMED] = "disarmed",
	};

	return names[state];
}

enum arm_state timer_arm_state(const struct image *image, const struct timer *timer)
{
	uint32_t evidence = timer->kind == TL_TIMERFD ? TL_EV_FDS : TL_EV_TIMERS;

	bool armed = fact(image, timer, evidence, TL_FACT_ARMED);

	if (armed && fact(image, timer, evidence, kernel_knows_better(timer)))
		return ARM_ARMED;
	if (timer->arms == 0)
		return timer->facts & TL_FACT_SET_UNSEEN ? ARM_EXPIRED : ARM_NEVER;
	if (timer->flags & TL_F_DISARMED)
		return ARM_DISARMED;
	if (armed)
		return ARM_ARMED;
	if (fact(image, timer, evidence, kernel_was_asked(timer)))
		return ARM_EXPIRED;
	if (timer->interval)
		return ARM_ARMED;
	if (timer->first_expiry && timer->first_expiry <= image_end_time(image))
		return ARM_EXPIRED;
	return ARM_ARMED;
}

bool timer_has_holder(const struct image *image, const struct timer *timer)
{
	return timer->kind == TL_POSIX && timer->holder != TL_HOLDER_NONE &&
	       (image->header.evidence & TL_EV_HOLDERS);
}

uint64_t timer_age(const struct image *image, const struct timer *timer)
{
	uint64_t end = image_end_time(image);

	return end > timer->created ? end - timer->created : 0;
}

uint64_t timer_oldest_expiry(const struct image *image, const struct timer *timer)
{
	uint64_t expiry = timer->first_expiry, end = image_end_time(image);

	if (timer->arms == 0 || (timer->flags & TL_F_DISARMED) || expiry == 0)
		return 0;
	if (timer->last_drain >= expiry) {
		if (timer->interval == 0)
			return 0;
		expiry += ((timer->last_drain - expiry) / timer->interval + 1) * timer->interval;
	}
	return expiry <= end ? expiry : 0;
}

/* For how long an expiry has been waiting. Where that is more than the kernel's count of unread
 * expiries allows, somebody read the timer unseen: then the count decides. */
static uint64_t unread_for(const struct image *image, const struct timer *timer)
{
	uint64_t expiry = timer_oldest_expiry(image, timer), count = timer->unread;
	uint64_t age = expiry ? image_end_time(image) - expiry : 0;

	if (count == 0 || timer->interval > UINT64_MAX / count)
		return age;
	if (timer->facts & TL_FACT_SET_UNSEEN || age > count * timer->interval)
		return (count - 1) * timer->interval;
	return age;
}

static bool undrained_in_time(const struct image *image, const struct timer *timer)
{
	uint64_t age = unread_for(image, timer), grace = UNDRAINED_GRACE;

	if (timer->interval > UINT64_MAX / 2)
		return false;
	if (timer->interval * 2 > grace)
		grace = timer->interval * 2;
	return age > 0 && age >= grace;
}

/* It has ticks unread, and when it expired, or who else may read them, is not known. */
static bool ticks_in_doubt(const struct image *image, const struct timer *timer)
{
	if (timer->kind != TL_TIMERFD || !fact(image, timer, TL_EV_FDS, TL_FACT_TICKS))
		return false;
	if (timer->facts & TL_FACT_SET_UNSEEN)
		return timer->unread == 0;
	return (timer->flags & TL_F_SHARED) && undrained_in_time(image, timer);
}

static uint32_t undrained_evidence(const struct timer *timer)
{
	return timer->kind == TL_TIMERFD ? TL_EV_FDS : TL_EV_PENDING;
}

bool timer_undrained(const struct image *image, const struct timer *timer)
{
	uint32_t bit = timer->kind == TL_TIMERFD ? TL_FACT_TICKS : TL_FACT_PENDING;

	return fact(image, timer, undrained_evidence(timer), bit) &&
	       !ticks_in_doubt(image, timer) && undrained_in_time(image, timer);
}

uint64_t timer_unread_ticks(const struct image *image, const struct timer *timer)
{
	uint64_t expiry = timer_oldest_expiry(image, timer);

	/* A signal that is pending stands for one; its overruns nobody can see from outside. */
	if (!timer->interval || timer->kind == TL_POSIX || !expiry)
		return 1;
	return (image_end_time(image) - expiry) / timer->interval + 1;
}

/* Killed, with nobody to tell when: it lived on after the last thing that the trace tells. */
static bool end_is_unseen(const struct image *image)
{
	return !image->alive && image->header.end == 0;
}

static bool may_have_expired(const struct image *image, const struct timer *timer)
{
	if (!end_is_unseen(image))
		return undrained_in_time(image, timer);
	if (timer->arms == 0 || (timer->flags & TL_F_DISARMED))
		return false;
	return timer->interval || !timer->first_expiry || timer->last_drain < timer->first_expiry;
}

bool timer_undrained_unknown(const struct image *image, const struct timer *timer)
{
	/* Without a signal there is nothing to be taken. */
	if (timer->kind == TL_POSIX && timer->signo == 0)
		return false;
	if (ticks_in_doubt(image, timer))
		return true;
	return !(image->header.evidence & undrained_evidence(timer)) &&
	       may_have_expired(image, timer);
}
