/* SPDX-License-Identifier: MIT */
#include "alone.h"
#include "modules.h"
#include "places.h"
#include "registry.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sink_slots.h"
#include "stack_sites.h"
#include "stack_room.h"
#include "sys.h"
#include "ties.h"
#include "ties_queue.h"
#include "timer_ids.h"
#include <string.h>
#include <sys/syscall.h>

/* The longest, in ns: so far the coarse clock may be behind, which costs a tenth of the other. */
#define TICK 10000000u

static uint32_t sharing_signal[65]; /* live timers that notify by this signal */

/* ---- find --------------------------------------------------------------------------------- */

/* If it still is that timer's. */
static TL_INLINE struct tl_timer *live_at(uint32_t slot, uint64_t id, struct tl_ref *ref)
{
	struct tl_timer *timer = tl_timer_at(slot);

	*ref = (struct tl_ref){slot, timer ? tl_load_acquire(&timer->generation) : 0};
	if (timer && tl_load(&timer->id) == id && timer->kind == TL_POSIX &&
	    tl_load_acquire(&timer->state) == TL_SLOT_LIVE)
		return timer;
	*ref = TL_NO_REF;
	return NULL;
}

static TL_NOINLINE struct tl_timer *find_elsewhere(uint64_t id, struct tl_ref *ref)
{
	return live_at(tl_ids_find(id), id, ref);
}

static TL_INLINE struct tl_timer *find_live(uint64_t id, struct tl_ref *ref)
{
	struct tl_timer *timer = live_at(tl_ids_guess(id), id, ref);

	return tl_likely(timer != NULL) ? timer : find_elsewhere(id, ref);
}

struct tl_ref tl_registry_posix(uint64_t id)
{
	struct tl_ref ref;

	tl_registry_change_begin();
	find_live(id, &ref);
	tl_registry_change_end();
	return ref;
}

uint32_t tl_registry_find_posix(uint64_t id)
{
	return tl_registry_posix(id).slot;
}

/* ---- create ------------------------------------------------------------------------------- */

/* A stack may have been allocated: what stands in the block that we run on is a frame, and not
 * found again. */
static bool in_heap(struct tl_create *create)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct tl_block block;

	create->heap_start = 0;
	if (tl_places_on_own_stack(create->place) || !tl_ties_block(create->place, &block))
		return false;
	if (here - block.start < block.size) {
		create->place = 0;
		return false;
	}
	create->heap_start = block.start;
	return true;
}

TL_HOT void tl_registry_create_begin(struct tl_create *create, void *place, bool int_place)
{
	tl_registry_enter();
	create->place = (uintptr_t)place;
	create->int_place = int_place;
	create->previous_known = false;
	create->heap_start = 0;
	if (!tl_places_in_tls(create->place) && tl_stack_is_callers(create->place)) {
		if (tl_unlikely(tl_places_born_on_static()))
			create->place = 0; /* as below */
		return;			   /* no table keeps such a place */
	}
	/* A library that was loaded since: its variables would be taken for heap. */
	if (tl_load(&tl_modules_dirty) ||
	    !tl_modules_known((uintptr_t)tl_returns_to(create->called)))
		tl_modules_refresh();
	if (tl_places_on_static_stack(create->place))
		create->place = 0; /* a frame that is not found again */
	if (!tl_places_counts(create->place) && !in_heap(create))
		return;
	/* Known to be there: libc writes to it unasked. */
	create->previous = int_place ? *(uint32_t *)place : *(uint64_t *)place;
	create->previous_known = true;
}

static void fill_event(struct tl_timer *timer, const struct sigevent *event, uint64_t id)
{
	timer->notify = TL_NOTIFY_SIGNAL;
	timer->signo = SIGALRM; /* what NULL means, with the id as its value: man 2 timer_create */
	timer->payload = id;
	if (!event)
		return;
	timer->payload = (uint64_t)(uintptr_t)event->sigev_value.sival_ptr;
	timer->signo = 0;
	if (event->sigev_notify == SIGEV_NONE)
		timer->notify = TL_NOTIFY_NONE;
	else if (event->sigev_notify == SIGEV_THREAD)
		timer->notify = TL_NOTIFY_THREAD;
	else
		timer->signo = (uint8_t)event->sigev_signo; /* 1 to 64, or the kernel refuses */
	if (event->sigev_notify == SIGEV_THREAD_ID) {
		timer->notify = TL_NOTIFY_THREAD_ID;
		tl_timer_more(timer)->target_tid = (uint32_t)event->_sigev_un._tid;
	}
}

static void count_signal(const struct tl_timer *timer, int change)
{
	if (timer->signo > 0 && timer->signo < TL_ARRAY_LEN(sharing_signal))
		tl_quick_add(&sharing_signal[timer->signo], (uint32_t)change);
}

/* The timer in a slot, if there still is one: ref tells it from the next. */
static TL_INLINE struct tl_timer *in_slot(uint32_t slot, struct tl_ref *ref)
{
	struct tl_timer *timer = tl_timer_at(slot);

	*ref = timer ? (struct tl_ref){slot, tl_load_acquire(&timer->generation)} : TL_NO_REF;
	return timer && tl_slot_still(timer, ref->generation) ? timer : NULL;
}

/* An id that the kernel gives out again: its former owner was deleted by a call no hook saw. */
static TL_NOINLINE void displace(uint64_t id)
{
	struct tl_ref ref;
	struct tl_timer *timer = in_slot(tl_ids_remove(id), &ref);

	if (!timer)
		return;
	count_signal(timer, -1);
	tl_slot_stop(timer, ref);
}

static bool has_payload(const struct tl_timer *timer, const struct sigevent *event)
{
	return event && timer->notify != TL_NOTIFY_NONE;
}

/* Which ties it is to have. */
static uint32_t wanted_ties(const struct tl_create *create, const struct tl_timer *timer,
			    const struct sigevent *event)
{
	struct tl_block block;
	uint32_t wanted = 0;

	if (create->heap_start) {
		tl_map_mark(create->heap_start, TL_MAP_TIED);
		wanted = TL_F_TIED | TL_F_TIE_PLACE;
	}
	if (has_payload(timer, event) && tl_ties_block(timer->payload, &block)) {
		tl_map_mark(block.start, TL_MAP_TIED);
		wanted |= TL_F_TIED | TL_F_TIE_PAYLOAD;
	}
	return wanted;
}

static TL_NOINLINE void tie_now(struct tl_ref ref, struct tl_ref over)
{
	struct tl_section section = tl_section_enter();

	tl_ties_make(ref, over);
	tl_section_leave(&section);
}

/* That a handle in the heap was written over is known as long as its block. */
static void tie(struct tl_timer *timer, struct tl_ref ref, struct tl_ref over)
{
	if (over.slot != TL_NONE)
		tie_now(ref, over);
	else
		tl_ties_later(timer, ref.slot);
}

/* The live timer whose handle stood in the heap where the new one stands now. */
static TL_INLINE struct tl_ref overwritten(const struct tl_create *create)
{
	struct tl_ref ref = TL_NO_REF;
	const struct tl_timer *old;

	if (!create->heap_start || !tl_ids_maybe(create->previous))
		return TL_NO_REF;
	old = find_live(create->previous, &ref);
	return old && tl_load(&old->place) == create->place ? ref : TL_NO_REF;
}

static TL_INLINE void insert(const struct tl_create *create, uint32_t site, clockid_t clock,
			     const struct sigevent *event, uint64_t id)
{
	uint32_t slot;
	struct tl_timer *timer;
	struct tl_ref ref, over;
	uint32_t ties;

	if (!tl_ids_first_seen(id))
		displace(id);
	over = overwritten(create);
	timer = tl_slot_new(TL_POSIX, site, &slot);
	if (!timer)
		return;
	timer->id = id;
	timer->clock = clock;
	timer->place = create->place;
	timer->creator_tp = tl_places_thread();
	fill_event(timer, event, id);
	ties = wanted_ties(create, timer, event);
	timer->flags =
	    (create->int_place ? TL_F_INT_PLACE : 0) | (create->raw ? TL_F_RAW : 0) | ties;
	count_signal(timer, 1);
	ref = tl_slot_publish(timer, slot, TL_SLOT_LIVE);
	if (!tl_slot_is(timer, slot))
		return;
	if (!tl_ids_add(id, slot)) /* its calls cannot be recorded */
		tl_add(&tl_sink_header()->lost_timers, 1);
	if (create->previous_known && !create->heap_start)
		tl_places_fixed_written(create->place, create->previous, ref);
	if (ties)
		tie(timer, ref, over);
}

TL_HOT void tl_registry_create_end(const struct tl_create *create, clockid_t clock,
				   const struct sigevent *event, uint64_t id)
{
	uint32_t site = tl_stack_sites_here(TL_POSIX, create->called);

	if (tl_registry_begin())
		insert(create, site, clock, event, id);
	else
		tl_sink_miss();
}

/* ---- delete ------------------------------------------------------------------------------- */

/* POSIX leaves open what happens to a signal that is pending while its timer is changed. Only said
 * when no other timer uses the signal, since sigpending does not tell whose it is. */
static TL_NOINLINE void look_for_signal(const struct tl_timer *timer, struct tl_ref ref)
{
	uint64_t expiry = tl_load(&timer->first_expiry);

	if (tl_load(&tl_sys_quiet) || timer->signo > 64 ||
	    tl_load(&sharing_signal[timer->signo]) > 1 ||
	    tl_sys_now(CLOCK_MONOTONIC_COARSE) + TICK < expiry ||
	    tl_sys_now(CLOCK_MONOTONIC) < expiry)
		return;
	if (tl_sys_pending_signals() >> (timer->signo - 1) & 1)
		tl_registry_hazard(ref, TL_HAZ_STALE_SIGNAL);
}

static TL_INLINE void stale_check(const struct tl_timer *timer, struct tl_ref ref)
{
	if (timer->signo > 0 && tl_load(&timer->first_expiry))
		look_for_signal(timer, ref);
}

TL_HOT struct tl_ref tl_registry_set_begin(uint64_t id)
{
	struct tl_ref ref;
	const struct tl_timer *timer;

	tl_registry_change_begin();
	timer = find_live(id, &ref);
	if (timer)
		stale_check(timer, ref);
	tl_registry_change_end();
	return ref;
}

/* It stays LIVE: should the process end in the midst of the call, the audit asks the kernel. */
TL_HOT struct tl_timer *tl_registry_delete_begin(uint64_t id, struct tl_ref *ref)
{
	struct tl_timer *timer;

	tl_registry_enter();
	timer = in_slot(tl_ids_remove(id), ref);
	if (!timer)
		return NULL;
	stale_check(timer, *ref);
	return timer;
}

static TL_INLINE void deleted(struct tl_timer *timer, struct tl_ref ref)
{
	if (tl_load(&timer->flags) & TL_F_OVERWRITTEN)
		tl_places_in_use(timer->place);
	count_signal(timer, -1);
	tl_slot_stop(timer, ref);
}

static TL_NOINLINE void restored(struct tl_timer *timer, struct tl_ref ref)
{
	/* The id belongs to a new timer already: this one is gone. */
	if (tl_ids_find(timer->id) != TL_NONE || !tl_ids_add(timer->id, ref.slot))
		deleted(timer, ref);
}

TL_HOT void tl_registry_delete_end(struct tl_timer *timer, struct tl_ref ref, bool ok)
{
	/* Not after a handler's fork: there is nothing at that place then. */
	if (timer && tl_slot_still(timer, ref.generation)) {
		if (tl_likely(ok))
			deleted(timer, ref);
		else
			restored(timer, ref);
	}
	tl_registry_leave();
}

void tl_posix_forked(void)
{
	tl_ids_forked();
	memset(sharing_signal, 0, sizeof(sharing_signal));
	tl_places_forked();
	tl_ties_forked();
	tl_ties_queue_forked();
}
