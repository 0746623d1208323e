/* SPDX-License-Identifier: MIT */
#include "alone.h"
#include "arena.h"
#include "registry_site.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "sink_slots.h"
#include <string.h>

/*
 * Records of threads without live timers stay for a while, since their counts are evidence for what
 * the thread makes next; past RECORDS_KEPT one that was not used of late is taken for the next
 * thread. So the trace grows with live timers, not with threads that have come and gone.
 *
 * A thread finds its record in a cache, and counts there without a lock. Who wants to give a record
 * to another thread takes it by setting `live`, which must be 0, to TAKEN; who counts looks after
 * that whether it still is the right one.
 */
#define RECORDS_KEPT 1024
#define TRIES	     64 /* records looked at for one that can be taken */
#define TAKEN	     0x80000000u
#define CACHE_SIZE   1024

struct entry {
	UT_hash_handle hh;
	uint64_t key; /* site << 32 | tid */
	uint32_t record;
	uint64_t seen; /* last_create when it was last looked at, of what is to be taken */
	struct entry *newer;
};

static struct entry *entries;
static struct entry *newest, *oldest; /* all of them */
static uint32_t count;
static TL_BIG_TABLE uint32_t cache[CACHE_SIZE]; /* record + 1 by site and tid: a guess */

static uint32_t *cache_of(uint64_t key)
{
	return &cache[(key * 0x9e3779b97f4a7c15u) >> 54];
}

/* ---- records (section held) ---------------------------------------------------------------- */

static void append(struct entry *e)
{
	e->newer = NULL;
	*(newest ? &newest->newer : &oldest) = e;
	newest = e;
}

static struct entry *remove_oldest(void)
{
	struct entry *e = oldest;

	oldest = e->newer;
	if (!oldest)
		newest = NULL;
	return e;
}

/* Nobody's: not in use, nor since it was looked at before. */
static bool take(struct entry *e)
{
	struct tl_creator *creator = tl_sink_creator(e->record);
	uint64_t last = tl_load(&creator->last_create);
	bool used = last != e->seen;
	uint32_t none = 0;

	e->seen = last;
	return !used && __atomic_compare_exchange_n(&creator->live, &none, TAKEN, false,
						    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static struct entry *take_old(void)
{
	for (int i = 0; i < TRIES && count >= RECORDS_KEPT; i++) {
		struct entry *e = remove_oldest();

		if (take(e)) {
			HASH_DELETE(hh, entries, e);
			count--;
			return e;
		}
		append(e);
	}
	return NULL;
}

static struct entry *fresh(void)
{
	struct entry *e = tl_arena_alloc(sizeof(*e));
	uint32_t record = e ? tl_sink_add_creator() : TL_NONE;

	if (!e)
		return NULL;
	if (record == TL_NONE) {
		tl_arena_free(e, sizeof(*e));
		return NULL;
	}
	e->record = record;
	tl_store(&tl_sink_creator(record)->live, TAKEN);
	return e;
}

static void begin(struct tl_creator *creator, uint64_t key, uint64_t now)
{
	tl_store_release(&creator->state, TL_SLOT_EMPTY);
	tl_store(&creator->site, (uint32_t)(key >> 32));
	tl_store(&creator->tid, (uint32_t)key);
	creator->created = creator->stopped = 0;
	creator->first_create = now;
	creator->last_create = 0;
	tl_store_release(&creator->live, 0);
	tl_store_release(&creator->state, TL_SLOT_LIVE);
}

static struct entry *new_entry(uint64_t key, uint64_t now)
{
	struct entry *e = take_old();

	if (!e)
		e = fresh();
	if (!e)
		return NULL;
	begin(tl_sink_creator(e->record), key, now);
	e->key = key;
	e->seen = 0;
	HASH_ADD(hh, entries, key, sizeof(e->key), e);
	if (!e->hh.tbl) { /* the record is lost, and the thread goes without */
		tl_arena_free(e, sizeof(*e));
		return NULL;
	}
	append(e);
	count++;
	return e;
}

static uint32_t look_up(uint64_t key, uint64_t now)
{
	struct tl_section section = tl_section_enter();
	struct entry *e;
	uint32_t record;

	HASH_FIND(hh, entries, &key, sizeof(key), e);
	if (!e)
		e = new_entry(key, now);
	record = e ? e->record : TL_NONE;
	if (e)
		tl_store(cache_of(key), record + 1);
	tl_section_leave(&section); /* a handler may fork here: then the entry is no more */
	return record;
}

/* ---- counting ----------------------------------------------------------------------------- */

static bool is_of(const struct tl_creator *creator, uint64_t key)
{
	return tl_load(&creator->site) == (uint32_t)(key >> 32) &&
	       tl_load(&creator->tid) == (uint32_t)key;
}

/* false: it is another's, or becomes it. */
static TL_INLINE bool count_in(struct tl_creator *creator, uint64_t key, uint64_t now)
{
	uint32_t live = creator ? tl_load_acquire(&creator->live) : TAKEN;

	do
		if (live >= TAKEN || !is_of(creator, key))
			return false;
	while (!tl_quick_swap(&creator->live, &live, live + 1));
	if (!is_of(creator, key)) { /* given away since, by somebody who does not count us */
		tl_sub(&creator->live, 1);
		return false;
	}
	tl_quick_add(&creator->created, 1);
	tl_store(&creator->last_create, now);
	return true;
}

static TL_NOINLINE uint32_t count_anew(uint64_t key, uint64_t now)
{
	uint32_t record = look_up(key, now);

	return count_in(tl_creator_at(record), key, now) ? record : TL_NONE;
}

TL_HOT uint32_t tl_creator_enter(uint32_t site, uint32_t tid, uint64_t now)
{
	uint64_t key = (uint64_t)site << 32 | tid;
	uint32_t record = tl_load(cache_of(key)) - 1;

	if (tl_unlikely(site == TL_NONE))
		return TL_NONE;
	return tl_likely(count_in(tl_creator_at(record), key, now)) ? record : count_anew(key, now);
}

void tl_creator_forked(void)
{
	entries = newest = oldest = NULL;
	count = 0;
	tl_sys_clear(cache, sizeof(cache));
}
