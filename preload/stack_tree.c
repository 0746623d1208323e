/* SPDX-License-Identifier: MIT */
#include "stack_tree.h"
#include "modules.h"
#include "sink.h"
#include "sink_slots.h"
#include "sys.h"
#include <string.h>

#define FIRST_SIZE ((size_t)16384) /* doubled from there */
#define RESERVE	   1024		   /* frames */
#define STEPS	   1024

struct table {
	uint32_t capacity; /* what fits in the mapping */
	uint32_t used;	   /* as many as the trace has frames */
	/* index + 1, 0: free; above that the half of the hash that is not its place, so that few
	 * frames of others are looked at. */
	uint64_t entries[];
};

static struct table *table;

/* In front of it, by the return address: which frame that is below which caller. A stack is mostly
 * known but for a few frames. Empty while there is no table. */
struct step {
	uintptr_t ip;
	uint32_t caller;
	uint32_t frame; /* index + 1; 0: none */
};

static TL_BIG_TABLE struct step steps[STEPS];
static uint32_t steps_generation; /* tl_modules_generation */

/* ---- the table ---------------------------------------------------------------------------- */

static size_t size_of(const struct table *t)
{
	return sizeof(*t) + t->capacity * sizeof(t->entries[0]);
}

static uint64_t hash_of(uint32_t caller, uint64_t at)
{
	uint64_t mixed = (at ^ (uint64_t)caller * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;

	return (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
}

static uint64_t entry_of(uint64_t hash, uint32_t frame)
{
	return hash << 32 | (frame + 1);
}

static uint32_t frame_in(uint64_t entry)
{
	return (uint32_t)entry - 1;
}

static bool is_of(uint64_t entry, uint64_t hash, uint32_t caller, uint64_t at)
{
	const struct tl_frame *frame =
	    entry >> 32 == (uint32_t)hash ? tl_frame_slot(frame_in(entry)) : NULL;

	return frame && frame->at == at && frame->caller == caller;
}

/* Its entry, or the free one that would be. */
static uint64_t *find(struct table *t, uint64_t hash, uint32_t caller, uint64_t at)
{
	uint32_t i = (uint32_t)((hash >> 32) * t->capacity >> 32);

	while (t->entries[i] && !is_of(t->entries[i], hash, caller, at))
		i = i + 1 < t->capacity ? i + 1 : 0;
	return &t->entries[i];
}

static void fill(struct table *t, uint32_t frames)
{
	for (; t->used < frames; t->used++) {
		const struct tl_frame *frame = tl_frame_slot(t->used);
		uint64_t hash = frame ? hash_of(frame->caller, frame->at) : 0;

		if (frame)
			*find(t, hash, frame->caller, frame->at) = entry_of(hash, t->used);
	}
}

static bool grow(void)
{
	size_t size = table ? size_of(table) * 2 : FIRST_SIZE;
	struct table *larger = tl_sys_mmap_whole(size), *old = table;

	if (!larger)
		return false;
	if (!old)
		tl_sys_populate(steps, sizeof(steps));
	larger->capacity = (uint32_t)((size - sizeof(*larger)) / sizeof(larger->entries[0]));
	fill(larger, old ? old->used : 0);
	table = larger;
	if (old)
		tl_sys_munmap(old, size_of(old));
	return true;
}

/* Half of it is free, for speed; without memory a sixteenth. */
static bool has_room(void)
{
	return grow() || (table && table->used < table->capacity - table->capacity / 16);
}

void tl_stack_tree_reserve(void)
{
	if (!table || table->used + RESERVE > table->capacity / 2)
		grow();
}

void tl_stack_tree_forget(void)
{
	if (!table)
		return;
	tl_sys_munmap(table, size_of(table));
	table = NULL;
	tl_sys_clear(steps, sizeof(steps));
}

/* ---- stacks ------------------------------------------------------------------------------- */

/* Its index, where there was room. */
static uint32_t add_frame(uint64_t *entry, uint64_t hash, uint32_t caller, uint64_t at)
{
	struct tl_frame frame = {.at = at, .caller = caller, .stack = TL_NONE};
	uint32_t index = tl_sink_add_frame(&frame);

	if (index != TL_NONE) {
		*entry = entry_of(hash, index);
		table->used++;
	}
	return index;
}

static uint32_t enter_frame(uint32_t caller, uint64_t at)
{
	uint64_t hash = hash_of(caller, at);
	uint64_t *entry = table ? find(table, hash, caller, at) : NULL;

	if (entry && *entry)
		return frame_in(*entry);
	if (entry && table->used < table->capacity / 2)
		return add_frame(entry, hash, caller, at);
	if (!has_room())
		return TL_NONE;
	return add_frame(find(table, hash, caller, at), hash, caller, at);
}

/* An address that belongs to no module may belong to one later. */
static TL_NOINLINE uint32_t enter_step(struct step *step, uint32_t caller, uintptr_t ip)
{
	uint64_t at = tl_modules_frame(ip);
	uint32_t frame = enter_frame(caller, at);

	if (frame != TL_NONE && tl_frame_module(at) != TL_NONE)
		*step = (struct step){ip, caller, frame + 1};
	return frame;
}

static struct step *step_of(uint32_t caller, uintptr_t ip)
{
	uint64_t mixed = (ip ^ (uint64_t)caller << 40) * 0x9e3779b97f4a7c15u + caller;

	return &steps[(mixed ^ mixed >> 32) % STEPS];
}

uint32_t tl_stack_tree_enter(const struct tl_trace *trace)
{
	uint32_t caller = TL_NONE;

	if (steps_generation != tl_load(&tl_modules_generation)) {
		memset(steps, 0, sizeof(steps));
		steps_generation = tl_load(&tl_modules_generation);
	}
	for (unsigned i = trace->depth; i-- > 0;) {
		uintptr_t ip = (uintptr_t)trace->ips[i];
		struct step *step = step_of(caller, ip);
		bool known = step->ip == ip && step->caller == caller && step->frame;

		caller = known ? step->frame - 1 : enter_step(step, caller, ip);
		if (caller == TL_NONE)
			return TL_NONE;
	}
	return caller;
}
