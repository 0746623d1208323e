/* SPDX-License-Identifier: MIT */
#include "ties_table.h"
#include "places.h"
#include "registry_slot.h"
#include "sink_slots.h"
#include "sys.h"
#include "ties_queue.h"

#define LEAF 4096u /* slots, whose ties are on 64 KiB */

static struct tl_tied *blocks;

/* Of each slot, by role. */
typedef struct tl_tie *of_slot[TL_TIE_ROLES];
static TL_BIG of_slot *leaves[TL_SINK_SLOTS / LEAF + 1];
static uint32_t leaf_count; /* none: the array was not touched */

struct tl_tied *tl_ties_block_at(uintptr_t start)
{
	struct tl_tied *b;

	HASH_FIND(hh, blocks, &start, sizeof(start), b);
	return b;
}

struct tl_tied *tl_ties_enter_block(uintptr_t start)
{
	struct tl_tied *b = tl_ties_block_at(start);

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

static of_slot *leaf_of(uint32_t slot)
{
	return leaf_count && slot < TL_SINK_SLOTS ? leaves[slot / LEAF] : NULL;
}

static of_slot *new_leaf(uint32_t slot)
{
	of_slot *leaf = slot < TL_SINK_SLOTS ? tl_sys_mmap(LEAF * sizeof(*leaf)) : NULL;

	if (leaf) {
		leaves[slot / LEAF] = leaf;
		leaf_count++;
	}
	return leaf;
}

/* A thread that ties a timer while another stops it leaves one in the way of those of the slot's
 * next timer. */
struct tl_tie *tl_tie_of(uint32_t slot, enum tl_tie_role role)
{
	const struct tl_timer *timer = tl_timer_at(slot);
	of_slot *leaf = leaf_of(slot);
	struct tl_tie *t = leaf ? leaf[slot % LEAF][role] : NULL;

	if (!t || !timer || t->generation == timer->generation)
		return t;
	tl_tie_remove(t);
	return NULL;
}

static bool enter(struct tl_tie *t)
{
	of_slot *leaf = leaf_of(t->slot);
	struct tl_tie *old;

	if (!leaf)
		leaf = new_leaf(t->slot);
	if (!leaf)
		return false;
	old = leaf[t->slot % LEAF][t->role];
	if (old)
		tl_tie_remove(old);
	leaf[t->slot % LEAF][t->role] = t;
	return true;
}

void tl_tie_remove(struct tl_tie *t)
{
	of_slot *leaf = leaf_of(t->slot);

	if (leaf) /* else what a handler's fork in a sandbox has left of it */
		leaf[t->slot % LEAF][t->role] = NULL;
	if (t->previous)
		t->previous->next = t->next;
	else
		t->block->ties = t->next;
	if (t->next)
		t->next->previous = t->previous;
	tl_arena_free(t, sizeof(*t));
}

struct tl_tie *tl_tie_add(struct tl_ref ref, enum tl_tie_role role, uintptr_t start)
{
	struct tl_tied *b = tl_ties_enter_block(start);
	struct tl_tie *t = b ? tl_arena_alloc(sizeof(*t)) : NULL;

	if (!t)
		return NULL;
	t->slot = ref.slot;
	t->role = role;
	t->generation = ref.generation;
	if (!enter(t)) {
		tl_arena_free(t, sizeof(*t));
		return NULL;
	}
	t->block = b;
	t->next = b->ties;
	if (t->next)
		t->next->previous = t;
	b->ties = t;
	if (role == TL_TIE_PAYLOAD)
		b->left_site = TL_NONE;
	return t;
}

void tl_ties_detach(struct tl_tied *b)
{
	HASH_DELETE(hh, blocks, b);
}

void tl_ties_remove_spot(struct tl_spot **link)
{
	struct tl_spot *s = *link;

	*link = s->next;
	tl_places_forget(s->address);
	tl_arena_free(s, sizeof(*s));
}

void tl_ties_remove_block(struct tl_tied *b, bool attached)
{
	while (b->ties)
		tl_tie_remove(b->ties);
	while (b->spots)
		tl_ties_remove_spot(&b->spots);
	if (attached)
		tl_ties_detach(b);
	tl_arena_free(b, sizeof(*b));
}

struct tl_timer *tl_tie_timer(const struct tl_tie *t)
{
	return tl_slot_get((struct tl_ref){t->slot, t->generation});
}

void tl_ties_add_spot(struct tl_tied *b, uint64_t address)
{
	struct tl_spot *s = tl_arena_alloc(sizeof(*s));

	if (!s)
		return;
	s->address = address;
	s->next = b->spots;
	b->spots = s;
}

void tl_ties_attach(struct tl_tied *b, uintptr_t start)
{
	b->start = start;
	HASH_ADD(hh, blocks, start, sizeof(b->start), b);
	if (!b->hh.tbl) /* as if it were freed, without a mark */
		tl_ties_remove_block(b, false);
}

bool tl_ties_any(void)
{
	return blocks || tl_ties_queued();
}

uintptr_t tl_ties_of(uint32_t slot, enum tl_tie_role role)
{
	const struct tl_tie *t = tl_tie_of(slot, role);

	return t && tl_tie_timer(t) ? t->block->start : 0;
}

void tl_ties_each_left(void (*visit)(void *, uintptr_t, uint32_t), void *data)
{
	for (const struct tl_tied *b = blocks; b; b = b->hh.next)
		if (b->left_site != TL_NONE)
			visit(data, b->start, b->left_site);
}

static uint32_t forks;

uint32_t tl_ties_forks(void)
{
	return tl_load(&forks);
}

void tl_ties_forked(void)
{
	forks++;
	blocks = NULL;
	for (size_t i = 0; leaf_count && i < TL_ARRAY_LEN(leaves); i++) {
		if (!leaves[i])
			continue;
		tl_sys_munmap(leaves[i], LEAF * sizeof(*leaves[i]));
		leaves[i] = NULL;
		leaf_count--;
	}
}
