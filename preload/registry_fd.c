/* SPDX-License-Identifier: MIT */
#include "alone.h"
#include "fdmap.h"
#include "registry.h"
#include "registry_slot.h"
#include "sink.h"
#include "sink_slots.h"
#include "stack_sites.h"
#include "sys.h"
#include <sys/timerfd.h>

static TL_INLINE struct tl_ref ref_of(uint32_t slot)
{
	const struct tl_timer *timer = slot == TL_NONE ? NULL : tl_timer_at(slot);

	return timer ? (struct tl_ref){slot, tl_load_acquire(&timer->generation)} : TL_NO_REF;
}

/* One descriptor less; the last one ends the timer. */
TL_HOT static void unref(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);

	if (timer && tl_quick_fetch_add(&timer->refs, -1u) == 1)
		tl_slot_stop(timer, ref);
}

/* What stood there before was closed by a call that no hook saw. */
TL_HOT static bool put(int fd, uint32_t slot)
{
	bool ok;
	uint32_t old = tl_fdmap_set(fd, slot, &ok);

	if (old != TL_NONE)
		unref(ref_of(old));
	if (!ok)
		tl_add(&tl_sink_header()->lost_timers, 1);
	return ok;
}

/* ---- create ------------------------------------------------------------------------------- */

static void insert(int fd, clockid_t clock, uint32_t flags, uint32_t site)
{
	uint32_t slot;
	struct tl_timer *timer = tl_slot_new(TL_TIMERFD, site, &slot);

	if (!timer)
		return;
	timer->id = (uint64_t)fd;
	timer->clock = clock;
	timer->flags = flags;
	timer->refs = 1;
	tl_slot_publish(timer, slot, TL_SLOT_LIVE);
	if (tl_slot_is(timer, slot))
		put(fd, slot);
}

TL_HOT void tl_registry_timerfd(int fd, clockid_t clock, int flags, bool raw,
				const struct tl_called *called)
{
	uint32_t kept = (flags & TFD_NONBLOCK ? TL_F_NONBLOCK : 0) |
			(flags & TFD_CLOEXEC ? TL_F_CLOEXEC : 0) | (raw ? TL_F_RAW : 0);
	uint32_t site = tl_stack_sites_here(TL_TIMERFD, called);

	if (tl_registry_begin())
		insert(fd, clock, kept, site);
	else
		tl_sink_miss();
}

static void adopt(int fd, int clock, uint32_t how)
{
	uint32_t slot;
	struct tl_timer *timer = tl_slot_new_inherited(&slot);

	if (!timer)
		return;
	timer->id = (uint64_t)fd;
	timer->clock = clock;
	timer->flags = how;
	timer->refs = 1;
	tl_add(how & TL_F_BY_EXEC ? &tl_sink_header()->inherited_exec
				  : &tl_sink_header()->inherited_fork,
	       1);
	tl_slot_publish(timer, slot, TL_SLOT_INHERITED);
	put(fd, slot);
}

void tl_registry_adopt(int fd, int clock, uint32_t how)
{
	if (tl_registry_begin())
		adopt(fd, clock, how);
}

/* ---- descriptors -------------------------------------------------------------------------- */

TL_HOT struct tl_ref tl_registry_fd(int fd)
{
	struct tl_ref ref;

	tl_registry_change_begin();
	ref = ref_of(tl_fdmap_slot(fd));
	tl_registry_change_end();
	return ref;
}

TL_HOT struct tl_ref tl_registry_unlink_fd(int fd)
{
	return ref_of(tl_fdmap_clear(fd));
}

void tl_registry_relink_fd(struct tl_ref ref, int fd)
{
	if (tl_slot_get(ref))
		put(fd, ref.slot);
}

TL_HOT void tl_registry_drop(struct tl_ref ref)
{
	if (ref.slot == TL_NONE)
		return;
	tl_quick_add(&tl_fdmap_changes, 1);
	unref(ref);
}

/* Not of a timer that is gone, nor of the one that got its slot: of a POSIX timer there stands 0 or
 * a link of ties_queue.c, which is more than any count. */
static bool add_reference(struct tl_ref ref, struct tl_timer *timer)
{
	uint32_t refs = tl_load(&timer->refs);

	do
		if (!refs || refs > INT32_MAX)
			return false;
	while (!__atomic_compare_exchange_n(&timer->refs, &refs, refs + 1, true, __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED));
	if (tl_slot_get(ref))
		return true;
	unref(ref_of(ref.slot));
	return false;
}

void tl_registry_dup(struct tl_ref ref, int fd)
{
	struct tl_timer *timer = tl_slot_get(ref);

	if (!timer || !add_reference(ref, timer))
		return;
	tl_or(&timer->flags, TL_F_DUPED);
	if (!put(fd, ref.slot))
		unref(ref);
}

/* ---- read --------------------------------------------------------------------------------- */

static void drained(struct tl_timer *timer, uint64_t ticks)
{
	struct tl_timer_more *more = tl_timer_more(timer);
	uint64_t now = tl_sys_now(CLOCK_MONOTONIC);

	tl_quick_add(&more->drains, 1);
	tl_quick_add(&more->ticks_read, ticks);
	tl_store(&more->last_drain, now);
	tl_slot_service(timer, now);
}

static void note_read(struct tl_ref ref, ssize_t result, int error, uint64_t ticks)
{
	struct tl_timer *timer = tl_slot_get(ref);

	if (!timer)
		return;
	if (result >= 8) {
		drained(timer, ticks);
	} else if (error == EAGAIN) {
		tl_add(&tl_timer_more(timer)->eagain, 1);
	} else if (error == ECANCELED) {
		tl_add(&tl_timer_more(timer)->cancelled, 1);
	} else if (error == EINVAL) {
		tl_add(&tl_timer_more(timer)->short_reads, 1);
		tl_registry_hazard(ref, TL_HAZ_SHORT_READ);
		return;
	}
	tl_slot_answered(timer);
	tl_slot_clear_flags(timer, TL_F_ARM_FAILED);
}

TL_HOT void tl_registry_read(struct tl_ref ref, ssize_t result, int error, uint64_t ticks)
{
	tl_registry_change_begin();
	note_read(ref, result, error, ticks);
	tl_registry_change_end();
}

void tl_registry_shared(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);

	if (timer)
		tl_or(&timer->flags, TL_F_SHARED);
}
