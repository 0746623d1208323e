/* SPDX-License-Identifier: MIT */
#include "arena.h"
#include "registry_slot.h"
#include "sink.h"
#include <string.h>

/*
 * Records of threads without live timers stay for a while, since their counts are evidence for what
 * the thread makes next; past IDLE_MAX the oldest is reused. So the trace grows with live timers,
 * not with threads that have come and gone.
 */
#define IDLE_MAX 1024

struct entry {
	UT_hash_handle hh;
	uint64_t key; /* site << 32 | tid */
	uint32_t record;
	struct entry *newer, *older; /* idle list; NULL-terminated */
	bool idle;
};

static struct entry *entries;
static struct entry *newest, *oldest;
static uint32_t idle_count;

static void idle_remove(struct entry *e)
{
	*(e->newer ? &e->newer->older : &newest) = e->older;
	*(e->older ? &e->older->newer : &oldest) = e->newer;
	e->newer = e->older = NULL;
	e->idle = false;
	idle_count--;
}

static void idle_add(struct entry *e)
{
	e->older = newest;
	e->newer = NULL;
	*(newest ? &newest->newer : &oldest) = e;
	newest = e;
	e->idle = true;
	idle_count++;
}

static uint32_t fresh_record(struct entry **reuse)
{
	*reuse = NULL;
	if (idle_count < IDLE_MAX)
		return tl_sink_add_creator();
	*reuse = oldest;
	idle_remove(oldest);
	HASH_DELETE(hh, entries, *reuse);
	return (*reuse)->record;
}

static struct entry *new_entry(uint64_t key, uint64_t now)
{
	struct entry *e;
	uint32_t record = fresh_record(&e);
	struct tl_creator *creator = tl_sink_creator(record);

	if (!creator)
		return NULL;
	if (!e)
		e = tl_arena_alloc(sizeof(*e));
	if (!e)
		return NULL;
	tl_store_release(&creator->state, TL_SLOT_EMPTY);
	memset(creator, 0, sizeof(*creator));
	creator->site = (uint32_t)(key >> 32);
	creator->tid = (uint32_t)key;
	creator->first_create = now;
	memset(e, 0, sizeof(*e));
	e->key = key;
	e->record = record;
	HASH_ADD(hh, entries, key, sizeof(e->key), e);
	tl_store_release(&creator->state, TL_SLOT_LIVE);
	return e->hh.tbl ? e : NULL;
}

uint32_t tl_creator_enter(uint32_t site, uint32_t tid, uint64_t now)
{
	uint64_t key = (uint64_t)site << 32 | tid;
	struct tl_creator *creator;
	struct entry *e;

	if (site == TL_NONE)
		return TL_NONE;
	HASH_FIND(hh, entries, &key, sizeof(key), e);
	if (!e)
		e = new_entry(key, now);
	else if (e->idle)
		idle_remove(e);
	if (!e)
		return TL_NONE;
	creator = tl_sink_creator(e->record);
	creator->live++;
	creator->created++;
	creator->last_create = now;
	return e->record;
}

void tl_creator_leave(uint32_t record)
{
	struct tl_creator *creator = tl_sink_creator(record);
	struct entry *e;
	uint64_t key;

	if (!creator || !creator->live)
		return;
	creator->stopped++;
	if (--creator->live)
		return;
	key = (uint64_t)creator->site << 32 | creator->tid;
	HASH_FIND(hh, entries, &key, sizeof(key), e);
	if (e && !e->idle)
		idle_add(e);
}

void tl_creator_forked(void)
{
	entries = newest = oldest = NULL;
	idle_count = 0;
}
