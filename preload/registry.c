/* SPDX-License-Identifier: MIT */
#include "alone.h"
#include "places.h"
#include "registry.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sink_slots.h"
#include "stack_sites.h"
#include "sys.h"

uint32_t tl_registry_calls;
TL_TLS uint16_t tl_registry_own_calls, tl_registry_own_changes;

TL_HOT uint32_t tl_registry_inflight(void)
{
	return tl_load_acquire(&tl_registry_calls);
}

bool tl_registry_begin(void)
{
	struct tl_section section;
	bool begun = tl_sink_active();

	if (begun)
		return true;
	section = tl_section_enter();
	begun = tl_sink_begin();
	tl_section_leave(&section);
	return begun;
}

void tl_registry_hazard(struct tl_ref ref, enum tl_hazard hazard)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tl_site *site = timer ? tl_site_at(timer->site) : NULL;

	if (site)
		tl_add(&site->hazards[hazard], 1);
}

void tl_registry_create_failed(enum tl_timer_kind kind, int error, const struct tl_called *called)
{
	struct tl_site *site;

	if (error != EAGAIN && error != EMFILE && error != ENFILE && error != ENOMEM)
		return; /* a bad argument says nothing about leaks */
	site = tl_site_at(tl_stack_sites_here(kind, called));
	if (site && error == EAGAIN)
		tl_add(&site->failed_eagain, 1);
	else if (site && error == ENOMEM)
		tl_add(&site->failed_enomem, 1);
	else if (site)
		tl_add(&site->failed_emfile, 1);
}

/* ---- settime, gettime, getoverrun ---------------------------------------------------------- */

static uint64_t nanoseconds(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

/* Which clock's now an absolute value is compared with; -1: CPU time, not to be converted. */
static int base_clock(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		return CLOCK_REALTIME;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	case CLOCK_MONOTONIC:
	case CLOCK_TAI:
		return clock;
	default:
		return -1;
	}
}

/* TFD_TIMER_ABSTIME and TIMER_ABSTIME are both 1 (asserted where the hooks are). */
static uint64_t expiry_of(int clock, int flags, uint64_t value, uint64_t now)
{
	uint64_t there;

	clock = base_clock(clock);
	if (clock < 0)
		return 0;
	if (!(flags & 1))
		return now + value;
	if (clock == CLOCK_MONOTONIC)
		return value ? value : 1;
	there = tl_sys_now(clock);
	return value <= there ? now : now + (value - there);
}

static void set_failed(struct tl_timer *timer, bool arming)
{
	tl_add(&tl_timer_more(timer)->failed_sets, 1);
	if (arming && !tl_load(&timer->arms))
		tl_or(&timer->flags, TL_F_ARM_FAILED);
}

static void disarmed(struct tl_timer *timer)
{
	tl_add(&tl_timer_more(timer)->disarms, 1);
	tl_store(&timer->first_expiry, 0);
	tl_store(&timer->interval, 0);
	tl_or(&timer->flags, TL_F_DISARMED);
}

static void armed(struct tl_timer *timer, int flags, const struct itimerspec *value, uint64_t now)
{
	uint64_t expiry = expiry_of(timer->clock, flags, nanoseconds(&value->it_value), now);

	if (tl_quick_fetch_add(&timer->arms, 1))
		tl_slot_service(timer, now);
	tl_store(&timer->first_expiry, expiry);
	tl_store(&timer->interval, nanoseconds(&value->it_interval));
	tl_slot_clear_flags(timer, TL_F_DISARMED | TL_F_ABSOLUTE);
	if (flags & 1)
		tl_or(&timer->flags, TL_F_ABSOLUTE);
}

TL_HOT static void used(struct tl_timer *timer)
{
	uint32_t flags = tl_load(&timer->flags);

	tl_slot_clear_flags(timer, TL_F_ARM_FAILED | TL_F_PLACE_FREED | TL_F_PLACE_UNLOADED |
				       TL_F_OVERWRITTEN);
	if (flags & TL_F_OVERWRITTEN)
		tl_places_in_use(timer->place);
}

static void set(struct tl_ref ref, int flags, const struct itimerspec *value, int error)
{
	struct tl_timer *timer = tl_slot_get(ref);
	uint64_t now;
	bool arming;

	if (!timer)
		return;
	/* After a failure value may be anything: NULL is EINVAL to timer_settime. */
	arming = (!error || (value && tl_sys_readable(value, sizeof(*value)))) &&
		 (value->it_value.tv_sec || value->it_value.tv_nsec);
	if (error) {
		set_failed(timer, arming);
		return;
	}
	now = tl_sys_now(CLOCK_MONOTONIC);
	tl_store(&timer->last_set, now);
	tl_slot_answered(timer);
	if (arming)
		armed(timer, flags, value, now);
	else
		disarmed(timer);
	used(timer);
	tl_sink_touch(now);
}

TL_HOT void tl_registry_set(struct tl_ref ref, int flags, const struct itimerspec *value, int error)
{
	tl_registry_change_begin();
	set(ref, flags, value, error);
	tl_registry_change_end();
}

void tl_registry_used(struct tl_ref ref)
{
	struct tl_timer *timer;

	tl_registry_change_begin();
	timer = tl_slot_get(ref);
	if (timer)
		used(timer);
	tl_registry_change_end();
}

/* ---- fork --------------------------------------------------------------------------------- */

void tl_registry_forked(void)
{
	tl_registry_calls =
	    tl_registry_own_calls; /* of a call that a handler has interrupted to fork */
	tl_slot_forked(tl_registry_inside());
	tl_posix_forked();
}
