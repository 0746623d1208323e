/* SPDX-License-Identifier: MIT */
#include "ties.h"
#include "arena.h"
#include "places.h"
#include "real.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "ties_marks.h"
#include <string.h>

struct block {
	UT_hash_handle hh;
	uintptr_t start;
	struct tie *ties;
	struct spot *spots;
	uint32_t left_site; /* of the stopped timer whose payload it was; TL_NONE: of none */
};

struct tie {
	UT_hash_handle hh;
	struct tie_key {
		uint32_t slot, role;
	} key;
	uint32_t generation;
	bool held; /* while the block is being moved: its place held the handle */
	struct block *block;
	struct tie *previous, *next; /* of the same block */
};

/* A variable in the block that places.h knows. */
struct spot {
	struct spot *next;
	uint64_t address;
};

static struct block *blocks;
static struct tie *ties;

/* ---- tables (section held) ---------------------------------------------------------------- */

static struct block *find_block(uintptr_t start)
{
	struct block *b;

	HASH_FIND(hh, blocks, &start, sizeof(start), b);
	return b;
}

static struct block *get_block(uintptr_t start)
{
	struct block *b = find_block(start);

	if (b)
		return b;
	b = tl_arena_alloc(sizeof(*b));
	if (!b)
		return NULL;
	b->start = start;
	b->left_site = TL_NONE;
	HASH_ADD(hh, blocks, start, sizeof(b->start), b);
	if (!b->hh.tbl) {
		tl_arena_free(b, sizeof(*b));
		return NULL;
	}
	tl_map_mark(start, TL_MAP_TIED);
	return b;
}

static struct tie *find_tie(uint32_t slot, enum tl_tie_role role)
{
	struct tie_key key = {slot, role};
	struct tie *t;

	HASH_FIND(hh, ties, &key, sizeof(key), t);
	return t;
}

static void remove_tie(struct tie *t)
{
	if (t->previous)
		t->previous->next = t->next;
	else
		t->block->ties = t->next;
	if (t->next)
		t->next->previous = t->previous;
	HASH_DELETE(hh, ties, t);
	tl_arena_free(t, sizeof(*t));
}

static void add_tie(struct tl_ref ref, enum tl_tie_role role, uintptr_t start)
{
	struct block *b = get_block(start);
	struct tie *t = b ? tl_arena_alloc(sizeof(*t)) : NULL;
	struct tie *old = find_tie(ref.slot, role); /* of a timer that ended while it was tied */

	if (!t)
		return;
	if (old)
		remove_tie(old);
	t->key = (struct tie_key){ref.slot, role};
	t->generation = ref.generation;
	HASH_ADD(hh, ties, key, sizeof(t->key), t);
	if (!t->hh.tbl) {
		tl_arena_free(t, sizeof(*t));
		return;
	}
	t->block = b;
	t->next = b->ties;
	if (t->next)
		t->next->previous = t;
	b->ties = t;
	if (role == TL_TIE_PAYLOAD)
		b->left_site = TL_NONE;
}

static void remove_block(struct block *b, bool hashed)
{
	while (b->ties)
		remove_tie(b->ties);
	while (b->spots) {
		struct spot *s = b->spots;

		b->spots = s->next;
		tl_places_forget(s->address);
		tl_arena_free(s, sizeof(*s));
	}
	if (hashed)
		HASH_DELETE(hh, blocks, b);
	tl_arena_free(b, sizeof(*b));
}

static struct tl_timer *timer_of(const struct tie *t)
{
	return tl_slot_get((struct tl_ref){t->key.slot, t->generation});
}

/* ---- timers come, change and go ----------------------------------------------------------- */

static void add_spot(struct block *b, uint64_t address)
{
	struct spot *s = tl_arena_alloc(sizeof(*s));

	if (!s)
		return;
	s->address = address;
	s->next = b->spots;
	b->spots = s;
}

void tl_ties_place(struct tl_ref ref, uintptr_t block, bool new_place)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tie *t;

	if (!timer)
		return;
	add_tie(ref, TL_TIE_PLACE, block);
	t = new_place ? find_tie(ref.slot, TL_TIE_PLACE) : NULL;
	if (t)
		add_spot(t->block, timer->place);
}

void tl_ties_payload(struct tl_ref ref, uint64_t payload)
{
	struct tl_timer *timer = tl_slot_get(ref);
	struct tie *old = find_tie(ref.slot, TL_TIE_PAYLOAD);
	struct tl_block block;

	if (!timer)
		return;
	tl_and(&timer->flags, ~(TL_F_PAYLOAD_FREED | TL_F_PAYLOAD_MOVED | TL_F_PAYLOAD_SAID));
	if (old)
		remove_tie(old);
	if (tl_ties_block(payload, &block))
		add_tie(ref, TL_TIE_PAYLOAD, block.start);
}

void tl_ties_stopped(struct tl_ref ref)
{
	struct tl_timer *timer = ties ? tl_slot_get(ref) : NULL;
	struct tie *t;

	if (!timer)
		return;
	t = find_tie(ref.slot, TL_TIE_PLACE);
	if (t)
		remove_tie(t);
	t = find_tie(ref.slot, TL_TIE_PAYLOAD);
	if (!t)
		return;
	if (timer->state != TL_SLOT_INHERITED)
		t->block->left_site = timer->site;
	remove_tie(t);
}

/* ---- blocks go ---------------------------------------------------------------------------- */

static bool holds(const struct tl_timer *timer)
{
	uint64_t value = 0;

	if (!timer->place)
		return false;
	memcpy(&value, (const void *)(uintptr_t)timer->place,
	       tl_load(&timer->flags) & TL_F_INT_PLACE ? 4 : 8);
	return value == (tl_load(&timer->flags) & TL_F_INT_PLACE ? (uint32_t)timer->id : timer->id);
}

/* Looks at the places while the block is still there; true if its end says something. */
static bool examine(struct block *b)
{
	bool telling = false;

	for (struct tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = timer_of(t);

		t->held = timer && t->key.role == TL_TIE_PLACE && holds(timer);
		telling |= timer && (t->held || t->key.role == TL_TIE_PAYLOAD);
	}
	return telling;
}

static void mark_all(struct block *b, const struct tl_ties_cause *cause)
{
	for (struct tie *t = b->ties; t; t = t->next) {
		struct tl_timer *timer = timer_of(t);

		if (timer && t->key.role == TL_TIE_PLACE)
			tl_ties_mark_place(timer, t->held, cause);
		else if (timer)
			tl_ties_mark_payload(timer, cause);
	}
}

/* An unwind must not be made with the section held, so the block is looked at first. */
void tl_ties_freed(uintptr_t start)
{
	struct tl_section section = tl_section_enter();
	struct block *b = find_block(start);
	bool telling = b && examine(b);
	struct tl_ties_cause cause;

	if (telling) {
		tl_section_leave(&section);
		tl_ties_cause_here(&cause, false);
		section = tl_section_enter();
		b = find_block(start);
		if (b)
			mark_all(b, &cause);
	}
	if (b)
		remove_block(b, true);
	tl_section_leave(&section);
}

/* ---- blocks move -------------------------------------------------------------------------- */

void tl_ties_move_begin(struct tl_ties_move *move, uintptr_t start)
{
	struct tl_section section = tl_section_enter();
	struct block *b = find_block(start);

	if (b) {
		examine(b);
		HASH_DELETE(hh, blocks, b);
	}
	move->block = b;
	tl_section_leave(&section);
}

/* Does this move end something, so that one wants to know who made it? */
static bool is_telling(const struct block *b, uintptr_t to, size_t size)
{
	for (const struct tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = timer_of(t);

		if (timer &&
		    (t->key.role == TL_TIE_PAYLOAD ? to != b->start
						   : t->held && timer->place - b->start >= size))
			return true;
	}
	return false;
}

/* A place that the new size cuts off is gone as in a free. */
static void move_place(struct tie *t, uintptr_t from, uintptr_t to, size_t size,
		       const struct tl_ties_cause *cause)
{
	struct tl_timer *timer = timer_of(t);

	if (!timer || !timer->place)
		return;
	if (timer->place - from < size)
		tl_store(&timer->place, timer->place - from + to);
	else
		tl_ties_mark_place(timer, t->held, cause);
}

static void move_spots(struct block *b, uintptr_t from, uintptr_t to)
{
	for (struct spot *s = b->spots; s && from != to; s = s->next) {
		tl_places_move(s->address, s->address - from + to);
		s->address += to - from;
	}
}

/* Section held. The payloads stay behind, in memory that is free. */
static void move_ties(struct block *b, uintptr_t to, size_t size, const struct tl_ties_cause *cause)
{
	for (struct tie *t = b->ties, *next; t; t = next) {
		struct tl_timer *timer = timer_of(t);

		next = t->next;
		if (t->key.role == TL_TIE_PLACE) {
			move_place(t, b->start, to, size, cause);
		} else if (to != b->start) {
			if (timer)
				tl_ties_mark_payload(timer, cause);
			remove_tie(t);
		}
	}
	move_spots(b, b->start, to);
}

static void settle_at(struct block *b, uintptr_t start)
{
	b->start = start;
	HASH_ADD(hh, blocks, start, sizeof(b->start), b);
	if (!b->hh.tbl) /* as if it were freed, without a mark */
		remove_block(b, false);
}

void tl_ties_move_end(struct tl_ties_move *move, uintptr_t to, bool failed)
{
	struct block *b = move->block;
	size_t size = to && !failed ? tl_real_malloc_usable_size((void *)to) : 0;
	struct tl_ties_cause cause = {.stack = TL_NONE};
	struct tl_section section;

	if (!b)
		return;
	if (!failed && is_telling(b, to, size))
		tl_ties_cause_here(&cause, to != 0);
	section = tl_section_enter();
	if (failed) {
		settle_at(b, b->start);
	} else if (!to) {
		mark_all(b, &cause);
		remove_block(b, false);
	} else {
		move_ties(b, to, size, &cause);
		settle_at(b, to);
	}
	tl_section_leave(&section);
}

/* ---- the end ------------------------------------------------------------------------------ */

uint32_t tl_ties_count(void)
{
	return HASH_COUNT(blocks);
}

uintptr_t tl_ties_of(uint32_t slot, enum tl_tie_role role)
{
	const struct tie *t = find_tie(slot, role);

	return t && timer_of(t) ? t->block->start : 0;
}

void tl_ties_each_left(void (*visit)(void *, uintptr_t, uint32_t), void *data)
{
	for (const struct block *b = blocks; b; b = b->hh.next)
		if (b->left_site != TL_NONE)
			visit(data, b->start, b->left_site);
}

void tl_ties_forked(void)
{
	blocks = NULL;
	ties = NULL;
}
