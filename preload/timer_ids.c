/* SPDX-License-Identifier: MIT */
#include "timer_ids.h"
#include "alone.h"
#include "arena.h"
#include "section.h"
#include "sys.h"
#include "tl_format.h"
#include <string.h>

#define WAYS	   8
#define NEAR	   (TL_IDS_NEAR / WAYS) /* buckets: room for 8,192 timers in 64 KiB */
#define FAR	   16384 /* and for 131,072 more, once those are not enough, in 1 MiB */
#define CACHE_SIZE 4096

/* A line of the processor's cache. Ids that follow each other share a bucket: a program that makes
 * and ends timers stays in few lines. */
struct bucket {
	uint64_t entries[WAYS];
};

struct handle {
	UT_hash_handle hh;
	uint64_t id;
	uint32_t slot;
};

TL_BIG_TABLE uint64_t tl_ids_near[TL_IDS_NEAR];
uint64_t tl_ids_highest;
static struct bucket *far;
static struct handle *handles; /* of ids that are no numbers, or found no room */
static uint32_t spilled;       /* how many of the latter */
uint32_t tl_ids_others;	       /* and of the former */
static TL_BIG_TABLE uint32_t
    cache[CACHE_SIZE]; /* in front of handles: slot + 1 by hash of the id */

static uint64_t entry_of(uint64_t id, uint32_t slot)
{
	return id << 32 | (slot + 1);
}

static struct bucket *near_bucket(uint64_t id)
{
	return (struct bucket *)tl_ids_near + id / WAYS % NEAR;
}

static struct bucket *far_bucket(uint64_t id)
{
	struct bucket *buckets = tl_load_acquire(&far);

	return buckets ? &buckets[id / WAYS % FAR] : NULL;
}

/* ---- one bucket --------------------------------------------------------------------------- */

static uint64_t *find_in(struct bucket *bucket, uint64_t id, uint64_t *entry)
{
	for (uint64_t i = id; bucket && i < id + WAYS; i++) {
		*entry = tl_load_acquire(&bucket->entries[i % WAYS]);
		if (tl_ids_is_of(*entry, id))
			return &bucket->entries[i % WAYS];
	}
	return NULL;
}

static bool add_to(struct bucket *bucket, uint64_t entry)
{
	uint64_t likely = entry >> 32;

	for (uint64_t i = likely; bucket && i < likely + WAYS; i++) {
		uint64_t none = 0, *at = &bucket->entries[i % WAYS];

		if (!tl_load(at) && tl_quick_swap(at, &none, entry))
			return true;
	}
	return false;
}

static uint32_t remove_from(struct bucket *bucket, uint64_t id)
{
	uint64_t entry, *at = find_in(bucket, id, &entry);

	if (at && tl_quick_swap(at, &entry, 0))
		return (uint32_t)entry - 1;
	return TL_NONE;
}

static TL_COLD struct bucket *make_far(uint64_t id)
{
	size_t size = FAR * sizeof(*far);
	struct bucket *buckets = tl_load_acquire(&far) ? NULL : tl_sys_mmap(size), *none = NULL;

	if (buckets && !__atomic_compare_exchange_n(&far, &none, buckets, false, __ATOMIC_ACQ_REL,
						    __ATOMIC_RELAXED))
		tl_sys_munmap(buckets, size);
	return far_bucket(id);
}

/* ---- the others (section held) ------------------------------------------------------------- */

static uint32_t *cache_of(uint64_t id)
{
	return &cache[(id * 0x9e3779b97f4a7c15u) >> 52];
}

static struct handle *find_handle(uint64_t id)
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
	if (!handle->hh.tbl) {
		tl_arena_free(handle, sizeof(*handle));
		return false;
	}
	tl_add(tl_ids_small(id) ? &spilled : &tl_ids_others, 1);
	tl_store(cache_of(id), slot + 1);
	return true;
}

static uint32_t remove_handle(uint64_t id)
{
	struct handle *handle = find_handle(id);
	uint32_t slot = handle ? handle->slot : TL_NONE;

	if (!handle)
		return TL_NONE;
	HASH_DELETE(hh, handles, handle);
	tl_arena_free(handle, sizeof(*handle));
	tl_sub(tl_ids_small(id) ? &spilled : &tl_ids_others, 1);
	return slot;
}

static bool may_be_handle(uint64_t id)
{
	return tl_load(tl_ids_small(id) ? &spilled : &tl_ids_others);
}

/* ---- all ---------------------------------------------------------------------------------- */

static TL_NOINLINE uint32_t find_locked(uint64_t id)
{
	struct tl_section section = tl_section_enter();
	const struct handle *handle = find_handle(id);
	uint32_t slot = handle ? handle->slot : TL_NONE;

	if (handle)
		tl_store(cache_of(id), slot + 1);
	tl_section_leave(&section);
	return slot;
}

uint32_t tl_ids_cached(uint64_t id)
{
	return tl_ids_small(id) ? TL_NONE : tl_load(cache_of(id)) - 1;
}

uint32_t tl_ids_find_elsewhere(uint64_t id)
{
	uint64_t entry;

	if (tl_ids_small(id) &&
	    (find_in(near_bucket(id), id, &entry) || find_in(far_bucket(id), id, &entry)))
		return (uint32_t)entry - 1;
	return may_be_handle(id) ? find_locked(id) : TL_NONE;
}

static TL_NOINLINE uint32_t remove_locked(uint64_t id)
{
	struct tl_section section = tl_section_enter();
	uint32_t slot = remove_handle(id);

	tl_section_leave(&section);
	return slot;
}

uint32_t tl_ids_remove_elsewhere(uint64_t id)
{
	uint32_t slot = tl_ids_small(id) ? remove_from(near_bucket(id), id) : TL_NONE;

	if (slot == TL_NONE && tl_ids_small(id))
		slot = remove_from(far_bucket(id), id);
	return slot == TL_NONE && may_be_handle(id) ? remove_locked(id) : slot;
}

static TL_NOINLINE bool add_locked(uint64_t id, uint32_t slot)
{
	struct tl_section section = tl_section_enter();
	bool added = add_handle(id, slot);

	tl_section_leave(&section);
	return added;
}

bool tl_ids_add_elsewhere(uint64_t id, uint32_t slot)
{
	if (tl_ids_small(id) && (add_to(near_bucket(id), entry_of(id, slot)) ||
				 add_to(far_bucket(id), entry_of(id, slot)) ||
				 add_to(make_far(id), entry_of(id, slot))))
		return true;
	return add_locked(id, slot);
}

void tl_ids_forked(void)
{
	if (far) /* stays: a handler may have interrupted a reader to fork */
		tl_sys_empty(far, FAR * sizeof(*far));
	handles = NULL;
	spilled = tl_ids_others = 0;
	tl_ids_highest = 0;
	tl_sys_clear(tl_ids_near, sizeof(tl_ids_near));
	tl_sys_clear(cache, sizeof(cache));
}
