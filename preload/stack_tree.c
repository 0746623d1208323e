/* SPDX-License-Identifier: MIT */
#include "stack_tree.h"
#include "modules.h"
#include "sink.h"
#include "sink_slots.h"
#include "sys.h"

#define FIRST_SIZE ((size_t)8192) /* doubled from there */
#define RESERVE	   1024		  /* frames */

struct table {
	uint32_t capacity;  /* what fits in the mapping */
	uint32_t used;	    /* as many as the trace has frames */
	uint32_t entries[]; /* index + 1; 0: free */
};

static struct table *table;

/* The stack that was entered last, outermost first: the next one mostly has its outer frames. */
static TL_BIG struct {
	uint32_t generation; /* tl_modules_generation, for the addresses */
	unsigned depth;
	uintptr_t ips[TL_STACK_MAX];
	uint64_t at[TL_STACK_MAX];
	uint32_t frames[TL_STACK_MAX];
} last;

/* ---- the table ---------------------------------------------------------------------------- */

static size_t size_of(const struct table *t)
{
	return sizeof(*t) + t->capacity * sizeof(t->entries[0]);
}

static uint32_t first_place(const struct table *t, uint32_t caller, uint64_t at)
{
	uint64_t mixed = (at ^ (uint64_t)caller * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;

	mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
	return (uint32_t)((mixed >> 32) * t->capacity >> 32);
}

/* Its entry, or the free one that would be. */
static uint32_t *find(struct table *t, uint32_t caller, uint64_t at)
{
	for (uint32_t i = first_place(t, caller, at);; i = i + 1 < t->capacity ? i + 1 : 0) {
		const struct tl_frame *frame = tl_frame_slot(t->entries[i] - 1);

		if (!t->entries[i] || (frame && frame->at == at && frame->caller == caller))
			return &t->entries[i];
	}
}

static void fill(struct table *t, uint32_t frames)
{
	for (; t->used < frames; t->used++) {
		const struct tl_frame *frame = tl_frame_slot(t->used);

		if (frame)
			*find(t, frame->caller, frame->at) = t->used + 1;
	}
}

static bool grow(void)
{
	size_t size = table ? size_of(table) * 2 : FIRST_SIZE;
	struct table *larger = tl_sys_mmap_whole(size), *old = table;

	if (!larger)
		return false;
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
	if (table && table->used < table->capacity / 2)
		return true;
	return grow() || (table && table->used < table->capacity - table->capacity / 16);
}

void tl_stack_tree_reserve(void)
{
	if (!table || table->used + RESERVE > table->capacity / 2)
		grow();
}

void tl_stack_tree_forget(void)
{
	if (table)
		tl_sys_munmap(table, size_of(table));
	table = NULL;
	last.depth = 0;
}

/* ---- stacks ------------------------------------------------------------------------------- */

static uint32_t add_frame(uint32_t caller, uint64_t at)
{
	struct tl_frame frame = {.at = at, .caller = caller, .stack = TL_NONE};
	uint32_t index = has_room() ? tl_sink_add_frame(&frame) : TL_NONE;

	if (index != TL_NONE) {
		*find(table, caller, at) = index + 1;
		table->used++;
	}
	return index;
}

static uint32_t enter_frame(uint32_t caller, uint64_t at)
{
	const uint32_t *entry = table ? find(table, caller, at) : NULL;

	return entry && *entry ? *entry - 1 : add_frame(caller, at);
}

/* An address that belonged to no module may belong to one now. */
static bool same_place(unsigned i, uintptr_t ip)
{
	return i < last.depth && last.ips[i] == ip && tl_frame_module(last.at[i]) != TL_NONE;
}

uint32_t tl_stack_tree_enter(const struct tl_trace *trace)
{
	uint32_t generation = tl_load(&tl_modules_generation), caller = TL_NONE;
	bool current = last.generation == generation, shared = true;

	last.generation = generation;
	for (unsigned i = 0; i < trace->depth; i++) {
		uintptr_t ip = (uintptr_t)trace->ips[trace->depth - 1 - i];
		uint64_t at = current && same_place(i, ip) ? last.at[i] : tl_modules_frame(ip);

		shared = shared && i < last.depth && last.at[i] == at;
		if (!shared)
			last.frames[i] = enter_frame(caller, at);
		caller = last.frames[i];
		if (caller == TL_NONE) {
			last.depth = i;
			return TL_NONE;
		}
		last.ips[i] = ip;
		last.at[i] = at;
	}
	last.depth = trace->depth;
	return caller;
}
