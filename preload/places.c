/* SPDX-License-Identifier: MIT */
#include "places.h"
#include "arena.h"
#include "modules.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#define CONTEXT_REACH 8192
#define MAIN_REACH    (8u << 20) /* the usual limit of a main thread's stack */

struct place {
	UT_hash_handle hh;
	uint64_t address;
	struct tl_ref timer; /* of a fixed one: the last that was written there, atomic */
	bool staging;	     /* handles are copied away from here: overwriting proves nothing */
};

#define FIXED 1024

/* As many as there are static variables that take handles, which are never removed, and others
 * where a handle was overwritten. */
static struct place *places;
/* Of these, some by their address, to be found without a lock. */
static TL_BIG_TABLE struct place *fixed[FIXED];

/* A signal stack, or one for contexts, may be an array: what stands there is a frame all the same.
 * How far a context's stack reaches is not known. */
bool tl_places_on_static_stack(uintptr_t address)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t end = here + CONTEXT_REACH;
	stack_t stack;

	if (address < here || !tl_modules_static(here, NULL, NULL))
		return false;
	if (tl_syscall(SYS_sigaltstack, 0, (long)&stack, 0, 0, 0, 0) == 0 &&
	    stack.ss_flags & SS_ONSTACK)
		end = (uintptr_t)stack.ss_sp + stack.ss_size;
	return address < end;
}

bool tl_places_born_on_static(void)
{
	static TL_TLS uint8_t answer; /* 0: not known yet; 1: no */

	if (tl_unlikely(!answer))
		answer = 1 + tl_modules_static((uintptr_t)__builtin_frame_address(0), NULL, NULL);
	return answer > 1;
}

bool tl_places_counts(uintptr_t address)
{
	return tl_places_in_tls(address) || tl_modules_static(address, NULL, NULL);
}

static struct tl_ref swap_timer(struct place *place, struct tl_ref timer)
{
	struct tl_ref old;

	__atomic_exchange(&place->timer, &timer, &old, __ATOMIC_ACQ_REL);
	return old;
}

static struct place *find(uint64_t address)
{
	struct place *place;

	HASH_FIND(hh, places, &address, sizeof(address), place);
	return place;
}

static struct place *add(uint64_t address)
{
	struct place *place = tl_arena_alloc(sizeof(*place));

	if (!place)
		return NULL;
	place->address = address;
	place->timer = TL_NO_REF;
	HASH_ADD(hh, places, address, sizeof(place->address), place);
	return place->hh.tbl ? place : NULL;
}

/* It may be stopped meanwhile, and its slot be another's; or the variable prove to be staging. */
static void mark(const struct place *place, struct tl_ref ref)
{
	struct tl_timer *old = tl_slot_get(ref);

	if (!old || tl_load(&place->staging))
		return;
	tl_or(&old->flags, TL_F_OVERWRITTEN);
	if (!tl_slot_get(ref) || tl_load(&place->staging))
		tl_and(&old->flags, ~TL_F_OVERWRITTEN);
}

bool tl_places_overwritten(uint64_t address, struct tl_ref old)
{
	struct place *known = find(address), *place = known ? known : add(address);

	if (place)
		mark(place, old);
	return place && !known;
}

static struct place **fixed_at(uint64_t address)
{
	return &fixed[(address >> 2) * 0x9e3779b97f4a7c15u >> 54];
}

static TL_NOINLINE struct place *look_up_fixed(uint64_t address)
{
	struct tl_section section = tl_section_enter();
	struct place *place = find(address);

	if (!place)
		place = add(address);
	if (place)
		tl_store_release(fixed_at(address), place);
	tl_section_leave(&section);
	return place;
}

/* The handle that stood there may have been another's, or no handle. */
static bool has_id(struct tl_ref ref, uint64_t id)
{
	const struct tl_timer *timer = tl_slot_get(ref);

	return timer && tl_load(&timer->id) == id;
}

void tl_places_fixed_written(uint64_t address, uint64_t previous, struct tl_ref timer)
{
	struct place *place = tl_load_acquire(fixed_at(address));
	struct tl_ref old;

	if (!place || place->address != address)
		place = look_up_fixed(address);
	if (!place)
		return;
	old = swap_timer(place, timer);
	if (has_id(old, previous))
		mark(place, old);
}

static void clear_all(uint64_t address)
{
	uint32_t count = tl_sink_timer_count();

	for (uint32_t i = 0; i < count; i++) {
		struct tl_timer *timer = tl_sink_timer(i);

		if (timer->place == address)
			tl_and(&timer->flags, ~TL_F_OVERWRITTEN);
	}
}

void tl_places_in_use(uint64_t address)
{
	struct tl_section section = tl_section_enter_again();
	struct place *place = find(address);

	if (place && !place->staging) {
		tl_store(&place->staging, true);
		clear_all(address);
	}
	tl_section_leave(&section);
}

void tl_places_forget(uint64_t address)
{
	struct place *place = find(address);

	if (!place)
		return;
	if (tl_load(fixed_at(address)) == place) /* of a library that lay there once */
		tl_store(fixed_at(address), NULL);
	HASH_DELETE(hh, places, place);
	tl_arena_free(place, sizeof(*place));
}

void tl_places_move(uint64_t from, uint64_t to)
{
	struct place *place = find(from);

	tl_places_forget(to); /* of an earlier life of that memory */
	if (!place)
		return;
	HASH_DELETE(hh, places, place);
	place->address = to;
	HASH_ADD(hh, places, address, sizeof(place->address), place);
	if (!place->hh.tbl)
		tl_arena_free(place, sizeof(*place));
}

/* A thread's stack ends below its thread pointer, but for the main thread's, which lies above all
 * that is mapped. */
bool tl_places_on_own_stack(uintptr_t address)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), tp = tl_places_thread();

	return address >= here && address - here < (here < tp ? tp - here : MAIN_REACH);
}

void tl_places_forked(void)
{
	places = NULL;
	tl_sys_clear(fixed, sizeof(fixed));
}
