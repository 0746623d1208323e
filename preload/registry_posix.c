/* SPDX-License-Identifier: MIT */
#include "arena.h"
#include "modules.h"
#include "places.h"
#include "registry.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "ties.h"
#include <string.h>
#include <sys/syscall.h>

#define CACHE_SIZE 4096

struct handle {
	UT_hash_handle hh;
	uint64_t id;
	uint32_t slot;
};

static struct handle *handles; /* live POSIX timers by timer_t */
/* In front of it: slot + 1 by hash of the id, checked against the slot, so that a call on a known
 * timer takes no lock. */
static uint32_t cache[CACHE_SIZE];
static uint32_t sharing_signal[65]; /* live timers that notify by this signal */

static uint32_t *cache_of(uint64_t id)
{
	return &cache[(id * 0x9e3779b97f4a7c15u) >> 52];
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

void tl_registry_create_begin(struct tl_create *create, void *place, bool int_place)
{
	tl_registry_enter();
	create->place = (uintptr_t)place;
	create->int_place = int_place;
	create->previous_known = false;
	create->heap_start = 0;
	/* A library that was loaded since: its variables would be taken for heap. */
	if (tl_load(&tl_modules_dirty) || !tl_modules_known((uintptr_t)create->caller))
		tl_modules_refresh();
	if (tl_places_on_static_stack(create->place))
		create->place = 0; /* a frame that is not found again */
	if (!(tl_places_counts(create->place) || in_heap(create)) ||
	    !tl_sys_readable(place, int_place ? 4 : 8))
		return;
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
		timer->signo = event->sigev_signo;
	if (event->sigev_notify == SIGEV_THREAD_ID) {
		timer->notify = TL_NOTIFY_THREAD_ID;
		timer->target_tid = (uint32_t)event->_sigev_un._tid;
	}
}

static void count_signal(const struct tl_timer *timer, int change)
{
	if (timer->signo > 0 && timer->signo < (int)TL_ARRAY_LEN(sharing_signal))
		sharing_signal[timer->signo] += (uint32_t)change;
}

static struct handle *find(uint64_t id)
{
	struct handle *handle;

	HASH_FIND(hh, handles, &id, sizeof(id), handle);
	return handle;
}

static bool add_handle(uint64_t id, uint32_t slot)
{
	struct handle *handle = tl_arena_alloc(sizeof(*handle));

	if (!handle)
		return false;
	handle->id = id;
	handle->slot = slot;
	HASH_ADD(hh, handles, id, sizeof(handle->id), handle);
	if (handle->hh.tbl)
		return true;
	tl_arena_free(handle, sizeof(*handle));
	return false;
}

static void remove_handle(struct handle *handle)
{
	HASH_DELETE(hh, handles, handle);
	tl_arena_free(handle, sizeof(*handle));
}

static struct tl_ref ref_of(uint32_t slot)
{
	const struct tl_timer *timer = tl_sink_timer(slot);

	return timer ? (struct tl_ref){slot, timer->generation} : TL_NO_REF;
}

/* An id that the kernel gives out again: its former owner was deleted by a call no hook saw. */
static void displace(uint64_t id)
{
	struct handle *handle = find(id);

	if (!handle)
		return;
	count_signal(tl_sink_timer(handle->slot), -1);
	tl_slot_stop(ref_of(handle->slot));
	remove_handle(handle);
}

static void insert(const struct tl_create *create, const struct tl_trace *trace, clockid_t clock,
		   const struct sigevent *event, uint64_t id)
{
	uint32_t slot;
	struct tl_timer *timer;
	struct tl_ref ref;
	bool new_place = false;

	displace(id);
	timer = tl_slot_new(TL_POSIX, trace, &slot);
	if (!timer)
		return;
	timer->id = id;
	timer->clock = clock;
	timer->place = create->place;
	timer->creator_tp = tl_places_thread();
	timer->flags = (create->int_place ? TL_F_INT_PLACE : 0) | (create->raw ? TL_F_RAW : 0);
	fill_event(timer, event, id);
	count_signal(timer, 1);
	ref = tl_slot_publish(timer, slot, TL_SLOT_LIVE);
	if (!add_handle(id, slot)) /* its calls cannot be recorded */
		tl_add(&tl_sink_header()->lost_timers, 1);
	tl_store(cache_of(id), slot + 1);
	if (create->previous_known)
		new_place = tl_places_written(create->place, create->previous, ref);
	if (create->heap_start)
		tl_ties_place(ref, create->heap_start, new_place);
	if (event && timer->notify != TL_NOTIFY_NONE)
		tl_ties_payload(ref, timer->payload);
}

void tl_registry_create_end(const struct tl_create *create, clockid_t clock,
			    const struct sigevent *event, uint64_t id)
{
	struct tl_section section;
	struct tl_trace trace;

	tl_stack_capture(&trace, create->caller);
	section = tl_section_enter();
	if (tl_sink_begin())
		insert(create, &trace, clock, event, id);
	tl_section_leave(&section);
}

/* ---- find --------------------------------------------------------------------------------- */

static struct tl_ref cached(uint64_t id)
{
	uint32_t slot = tl_load(cache_of(id)) - 1;
	struct tl_timer *timer = slot == TL_NONE ? NULL : tl_sink_timer(slot);
	struct tl_ref ref;

	if (!timer)
		return TL_NO_REF;
	ref = (struct tl_ref){slot, tl_load_acquire(&timer->generation)};
	if (tl_load(&timer->id) != id || timer->kind != TL_POSIX ||
	    tl_load_acquire(&timer->state) != TL_SLOT_LIVE)
		return TL_NO_REF;
	return ref;
}

struct tl_ref tl_registry_posix(uint64_t id)
{
	struct tl_ref ref = tl_sink_active() ? cached(id) : TL_NO_REF;
	struct tl_section section;
	struct handle *handle;

	if (ref.slot != TL_NONE || !tl_sink_active())
		return ref;
	section = tl_section_enter();
	handle = find(id);
	if (handle) {
		ref = ref_of(handle->slot);
		tl_store(cache_of(id), handle->slot + 1);
	}
	tl_section_leave(&section);
	return ref;
}

uint32_t tl_registry_find_posix(uint64_t id)
{
	return tl_registry_posix(id).slot;
}

/* ---- delete ------------------------------------------------------------------------------- */

/* POSIX leaves open what happens to a signal that is pending while its timer is changed. Only said
 * when no other timer uses the signal, since sigpending does not tell whose it is. */
void tl_registry_stale_check(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);
	uint64_t pending = 0, expiry = timer ? tl_load(&timer->first_expiry) : 0;

	if (!expiry || tl_load(&tl_sys_quiet) || timer->signo <= 0 || timer->signo > 64 ||
	    tl_load(&sharing_signal[timer->signo]) > 1 || tl_sys_now(CLOCK_MONOTONIC) < expiry)
		return;
	tl_syscall(SYS_rt_sigpending, (long)&pending, sizeof(pending), 0, 0, 0, 0);
	if (pending >> (timer->signo - 1) & 1)
		tl_registry_hazard(ref, TL_HAZ_STALE_SIGNAL);
}

struct tl_ref tl_registry_delete_begin(uint64_t id)
{
	struct tl_ref ref = tl_registry_posix(id);
	struct tl_section section;
	struct handle *handle;

	tl_registry_enter();
	if (ref.slot == TL_NONE)
		return ref;
	tl_registry_stale_check(ref);
	section = tl_section_enter();
	handle = find(id);
	ref = handle ? ref_of(handle->slot) : TL_NO_REF;
	if (handle) {
		tl_store_release(&tl_sink_timer(handle->slot)->state, TL_SLOT_STOPPING);
		remove_handle(handle);
	}
	tl_section_leave(&section);
	return ref;
}

static void deleted(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);

	if (!timer)
		return;
	if (timer->flags & TL_F_OVERWRITTEN)
		tl_places_in_use(timer->place);
	count_signal(timer, -1);
	tl_slot_stop(ref);
}

static void restored(struct tl_ref ref)
{
	struct tl_timer *timer = tl_slot_get(ref);

	if (!timer)
		return;
	if (find(timer->id) || !add_handle(timer->id, ref.slot)) {
		deleted(ref); /* the id belongs to a new timer already: this one is gone */
		return;
	}
	tl_store_release(&timer->state, TL_SLOT_LIVE);
}

void tl_registry_delete_end(struct tl_ref ref, bool ok)
{
	struct tl_section section;

	if (ref.slot != TL_NONE) {
		section = tl_section_enter();
		if (ok)
			deleted(ref);
		else
			restored(ref);
		tl_section_leave(&section);
	}
	tl_registry_leave();
}

void tl_posix_forked(void)
{
	handles = NULL;
	memset(cache, 0, sizeof(cache));
	memset(sharing_signal, 0, sizeof(sharing_signal));
	tl_places_forked();
	tl_ties_forked();
}
