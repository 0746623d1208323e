/* SPDX-License-Identifier: MIT */
#include "ties.h"
#include "places.h"
#include "real.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "ties_copy.h"
#include "ties_marks.h"
#include "ties_queue.h"
#include "ties_table.h"
#include <string.h>

/* ---- timers come, change and go ----------------------------------------------------------- */

/* The block may be gone, if it was freed while its timer was made. */
static bool tied_block(uint64_t address, struct tl_block *block)
{
	return tl_ties_block(address, block) && tl_map_get(block->start) & TL_MAP_TIED;
}

void tl_ties_make(struct tl_ref ref, struct tl_ref over)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tl_block block;
	struct tl_tie *t = NULL;
	uint32_t wanted;

	if (!timer)
		return;
	wanted = tl_and(&timer->flags, ~(TL_F_TIE_PLACE | TL_F_TIE_PAYLOAD));
	if (wanted & TL_F_TIE_PLACE && tied_block(timer->place, &block))
		t = tl_tie_add(ref, TL_TIE_PLACE, block.start);
	if (t && over.slot != TL_NONE && tl_places_overwritten(timer->place, over))
		tl_ties_add_spot(t->block, timer->place);
	if (wanted & TL_F_TIE_PAYLOAD && tied_block(timer->payload, &block))
		tl_tie_add(ref, TL_TIE_PAYLOAD, block.start);
}

void tl_ties_payload(struct tl_ref ref, uint64_t payload)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tl_tie *old = tl_tie_of(ref.slot, TL_TIE_PAYLOAD);
	struct tl_block block;

	if (!timer)
		return;
	tl_and(&timer->flags, ~(TL_F_PAYLOAD_FREED | TL_F_PAYLOAD_MOVED | TL_F_PAYLOAD_SAID));
	if (old)
		tl_tie_remove(old);
	if (tl_ties_block(payload, &block))
		tl_tie_add(ref, TL_TIE_PAYLOAD, block.start);
}

/* Of a timer that was stopped before its ties were made, too. */
static struct tl_tied *payload_block(const struct tl_timer *timer, const struct tl_tie *t)
{
	struct tl_block block;

	if (t)
		return t->block;
	if (!(tl_load(&timer->flags) & TL_F_TIE_PAYLOAD) || !tied_block(timer->payload, &block))
		return NULL;
	return tl_ties_enter_block(block.start);
}

void tl_ties_stopped(uint32_t slot)
{
	const struct tl_timer *timer = tl_sink_timer(slot);
	struct tl_tie *place = tl_tie_of(slot, TL_TIE_PLACE),
		      *payload = tl_tie_of(slot, TL_TIE_PAYLOAD);
	struct tl_tied *b = payload_block(timer, payload);

	if (b && timer->state != TL_SLOT_INHERITED)
		b->left_site = timer->site;
	if (place)
		tl_tie_remove(place);
	if (payload)
		tl_tie_remove(payload);
}

/* ---- blocks go ---------------------------------------------------------------------------- */

static bool holds(const struct tl_timer *timer)
{
	uint64_t value = 0;

	if (!timer->place)
		return false;
	memcpy(&value, (const void *)(uintptr_t)timer->place, tl_ties_handle_size(timer));
	return value == tl_ties_handle(timer);
}

/* Looks at the places while the block is still there; true if its end says something. One that a
 * copy was taken for may end before the place. */
static bool examine(struct tl_tied *b)
{
	size_t size = tl_real_malloc_usable_size((void *)b->start);
	bool telling = false;

	for (struct tl_tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = tl_tie_timer(t);

		t->held = timer && t->role == TL_TIE_PLACE && timer->place - b->start < size &&
			  holds(timer);
		telling |= timer && (t->held || t->role == TL_TIE_PAYLOAD);
	}
	return telling;
}

static void move_to_copy(struct tl_tied *b, uintptr_t to)
{
	tl_map_mark(to, TL_MAP_TIED);
	if (!(tl_map_get(to) & TL_MAP_TIED)) /* another thread frees it */
		return;
	for (struct tl_tie *t = b->ties, *next; t; t = next) {
		struct tl_timer *timer = t->held ? tl_tie_timer(t) : NULL;
		uint64_t place = timer ? timer->place - b->start + to : 0;

		next = t->next;
		if (timer && tl_tie_add((struct tl_ref){t->slot, t->generation}, TL_TIE_PLACE, to))
			tl_store(&timer->place, place);
	}
}

/* What was copied is not lost with its block. */
static void follow_copy(struct tl_tied *b)
{
	struct tl_copied copy = tl_ties_copy_of(b);

	if (copy.is == TL_COPY_SURE)
		move_to_copy(b, copy.start);
	for (struct tl_tie *t = b->ties; t && copy.is != TL_COPY_NONE; t = t->next)
		t->held = false;
}

static void mark_all(struct tl_tied *b, const struct tl_ties_cause *cause)
{
	for (struct tl_tie *t = b->ties; t; t = t->next) {
		struct tl_timer *timer = tl_tie_timer(t);

		if (timer && t->role == TL_TIE_PLACE)
			tl_ties_mark_place(timer, t->held, cause);
		else if (timer)
			tl_ties_mark_payload(timer, cause);
	}
}

/* In the map until here, where those in the queue look for it. */
static struct tl_tied *take(uintptr_t start)
{
	tl_map_clear(start);
	return tl_ties_block_at(start);
}

/* An unwind must not be made with the section held, so the block is looked at first. */
void tl_ties_freed(uintptr_t start)
{
	struct tl_section section = tl_ties_enter(start);
	struct tl_tied *b = take(start);
	struct tl_ties_cause cause = {.stack = TL_NONE};

	if (b && examine(b)) {
		tl_section_leave(&section);
		tl_ties_cause_here(&cause, false);
		section = tl_section_enter();
		b = tl_ties_block_at(start);
		if (b && !cause.in_exit)
			follow_copy(b);
	}
	if (b) {
		mark_all(b, &cause);
		tl_ties_remove_block(b, true);
	}
	tl_section_leave(&section);
}

/* ---- blocks move -------------------------------------------------------------------------- */

void tl_ties_move_begin(struct tl_ties_move *move, uintptr_t start)
{
	struct tl_section section = tl_ties_enter(start);
	struct tl_tied *b = take(start);

	if (b) {
		examine(b);
		tl_ties_detach(b);
	}
	move->block = b;
	move->forks = tl_ties_forks();
	tl_section_leave(&section);
}

/* Does this move end something, so that one wants to know who made it? */
static bool is_telling(const struct tl_tied *b, uintptr_t to, size_t size)
{
	for (const struct tl_tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = tl_tie_timer(t);

		if (timer &&
		    (t->role == TL_TIE_PAYLOAD ? to != b->start
					       : t->held && timer->place - b->start >= size))
			return true;
	}
	return false;
}

/* A place that the new size cuts off is gone as in a free. */
static void move_place(struct tl_tie *t, uintptr_t from, uintptr_t to, size_t size,
		       const struct tl_ties_cause *cause)
{
	struct tl_timer *timer = tl_tie_timer(t);

	if (!timer || !timer->place)
		return;
	if (timer->place - from < size)
		tl_store(&timer->place, timer->place - from + to);
	else
		tl_ties_mark_place(timer, t->held, cause);
}

/* What the new size cuts off may be another block's soon. */
static void move_spots(struct tl_tied *b, uintptr_t from, uintptr_t to, size_t size)
{
	for (struct tl_spot **link = &b->spots, *s; (s = *link) != NULL;) {
		if (s->address - from >= size) {
			tl_ties_remove_spot(link);
			continue;
		}
		if (from != to)
			tl_places_move(s->address, s->address - from + to);
		s->address += to - from;
		link = &s->next;
	}
}

/* Section held. The payloads stay behind, in memory that is free. */
static void move_ties(struct tl_tied *b, uintptr_t to, size_t size,
		      const struct tl_ties_cause *cause)
{
	for (struct tl_tie *t = b->ties, *next; t; t = next) {
		struct tl_timer *timer = tl_tie_timer(t);

		next = t->next;
		if (t->role == TL_TIE_PLACE) {
			move_place(t, b->start, to, size, cause);
		} else if (to != b->start) {
			if (timer)
				tl_ties_mark_payload(timer, cause);
			tl_tie_remove(t);
		}
	}
	move_spots(b, b->start, to, size);
}

/* Section held. */
static void finish(struct tl_tied *b, uintptr_t to, size_t size, bool failed,
		   const struct tl_ties_cause *cause)
{
	if (failed) {
		tl_ties_attach(b, b->start);
	} else if (!to) {
		mark_all(b, cause);
		tl_ties_remove_block(b, false);
	} else {
		move_ties(b, to, size, cause);
		tl_ties_attach(b, to);
	}
}

static bool is_ours(const struct tl_ties_move *move)
{
	return move->forks == tl_ties_forks();
}

void tl_ties_move_end(struct tl_ties_move *move, uintptr_t to, bool failed)
{
	size_t size = to && !failed ? tl_real_malloc_usable_size((void *)to) : 0;
	struct tl_ties_cause cause = {.stack = TL_NONE};
	struct tl_section section;
	bool telling;

	if (!move->block)
		return;
	tl_registry_change_begin();
	telling = is_ours(move) && !failed && is_telling(move->block, to, size);
	tl_registry_change_end();
	if (telling)
		tl_ties_cause_here(&cause, to != 0);
	section = tl_section_enter();
	if (is_ours(move))
		finish(move->block, to, size, failed, &cause);
	tl_section_leave(&section);
}
