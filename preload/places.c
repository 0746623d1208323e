/* SPDX-License-Identifier: MIT */
#include "places.h"
#include "arena.h"
#include "modules.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include <signal.h>
#include <sys/syscall.h>

#define CONTEXT_REACH 8192
#define MAIN_REACH    (8u << 20) /* the usual limit of a main thread's stack */

struct place {
	UT_hash_handle hh;
	uint64_t address;
	struct tl_ref timer; /* the last that was written there */
	bool staging;	     /* handles are copied away from here: overwriting proves nothing */
};

/* As many as there are variables that take handles: static ones are never removed. */
static struct place *places;

uintptr_t tl_places_thread(void)
{
#if defined(__x86_64__)
	uintptr_t self;

	__asm__("mov %%fs:0, %0" : "=r"(self));
	return self;
#else
	return (uintptr_t)__builtin_thread_pointer();
#endif
}

bool tl_places_in_tls(uintptr_t address)
{
	uintptr_t size = tl_modules_static_tls(), thread = tl_places_thread();

#if defined(__aarch64__) /* TLS variant I: above the thread pointer */
	return address >= thread && address - thread < size + 16;
#else /* variant II: below it */
	return address < thread && thread - address <= size;
#endif
}

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

bool tl_places_counts(uintptr_t address)
{
	return tl_places_in_tls(address) || tl_modules_static(address, NULL, NULL);
}

static struct place *find(uint64_t address)
{
	struct place *place;

	HASH_FIND(hh, places, &address, sizeof(address), place);
	return place;
}

static struct place *find_or_add(uint64_t address)
{
	struct place *place = find(address);

	if (place)
		return place;
	place = tl_arena_alloc(sizeof(*place));
	if (!place)
		return NULL;
	place->address = address;
	place->timer = TL_NO_REF;
	HASH_ADD(hh, places, address, sizeof(place->address), place);
	return place->hh.tbl ? place : NULL;
}

bool tl_places_written(uint64_t address, uint64_t previous, struct tl_ref timer)
{
	bool known = find(address) != NULL;
	struct place *place = find_or_add(address);
	struct tl_timer *old = place ? tl_slot_get(place->timer) : NULL;

	if (!place)
		return false;
	if (old && old->id == previous && !place->staging)
		tl_or(&old->flags, TL_F_OVERWRITTEN);
	place->timer = timer;
	return !known;
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
	bool mine = tl_section_mine();
	struct tl_section section = {0};
	struct place *place;

	if (!mine)
		section = tl_section_enter();
	place = find(address);
	if (place && !place->staging) {
		place->staging = true;
		clear_all(address);
	}
	tl_section_leave(&section);
}

void tl_places_forget(uint64_t address)
{
	struct place *place = find(address);

	if (!place)
		return;
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
}
