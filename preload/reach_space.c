/* SPDX-License-Identifier: MIT */
/*
 * The rest of writable memory: whatever is mapped, less the allocator's, ours, and what is dead.
 *
 * Memory of the allocator is told by the blocks in it: what lies between small blocks is free, or
 * the allocator's book-keeping, and leads nowhere. Where it is the libc's that is the whole of
 * [heap] and of each 64 MiB that an arena owns; elsewhere, and where the main arena could not grow
 * in place, pieces of 64 KiB. A piece without a small block is scanned, less the blocks in it: that
 * errs on the side of "somebody leads there". What lies next to a small block in a mapping of its
 * own, as M_MMAP_THRESHOLD may ask for, is scanned too.
 */
#include "modules.h"
#include "reach_state.h"
#include "sink.h"

#define PIECE	      ((uintptr_t)64 << 10)
#define ARENA	      ((uintptr_t)64 << 20) /* HEAP_MAX_SIZE of glibc's malloc */
#define SMALL	      ((uint64_t)128 << 10) /* below glibc's least threshold for a mapping of its own */
#define STACK_MOST    ((uintptr_t)64 << 20) /* a dead stack is not looked for further down */
#define THREAD_RECORD 2304u
#define RANGES_MOST   (1u << 20)

/* ---- what is left out ------------------------------------------------------------------------ */

/* The stack of a thread that ended stays with the libc for the next one; its record was at the
 * upper end. Only those are known that made a timer. */
static void push_dead_stack(struct tl_reach *r, const struct tl_timer *t)
{
	uintptr_t tp = t->creator_tp, low, high;

	if (!tp || t->tid == r->a->tid || tl_audit_task(r->a, t->tid) || tp == r->thread_pointer ||
	    !tl_reach_mapping(r, tp, &low, &high))
		return;
	if (tp - low > STACK_MOST)
		low = tp - STACK_MOST;
	tl_reach_push(&r->holes, low, tp + THREAD_RECORD, false);
}

static bool is_known_hole(const struct tl_reach *r, uintptr_t address)
{
	const struct tl_reach_range *holes = r->holes.items;

	for (size_t i = 0; i < r->holes.used; i++)
		if (address >= holes[i].from && address < holes[i].to)
			return true;
	return false;
}

/* A living thread may have the same record now: then its frames are roots, and what lies below
 * them is a hole already. */
static bool is_living_thread(struct tl_reach *r, uintptr_t tp)
{
	const struct tl_task *tasks = r->a->tasks.items;

	for (size_t i = 0; i < r->a->tasks.used; i++)
		if (tasks[i].tp == tp)
			return true;
	return false;
}

/* Timers of one thread mostly follow each other; the list of mappings is read for each that does
 * not. */
static void push_dead_stacks(struct tl_reach *r)
{
	struct tl_audit_mark *mark;
	uint64_t last = 0;

	for (uint32_t i = 0; i < r->timer_count && !tl_reach_late(r); i++) {
		const struct tl_timer *t = tl_reach_slot(r, i, &mark);

		if (!t || t->creator_tp == last)
			continue;
		last = t->creator_tp;
		if (!is_known_hole(r, t->creator_tp) && !is_living_thread(r, t->creator_tp))
			push_dead_stack(r, t);
	}
}

static void push_own(struct tl_reach *r)
{
	uintptr_t base = (uintptr_t)tl_sink_base(), start, end;
	uint32_t flags;

	for (unsigned i = 0; i < TL_SYS_OWN_MAX; i++) {
		struct tl_sys_range own = tl_sys_own(i);

		if (own.start)
			tl_reach_push(&r->holes, own.start, own.end, false);
	}
	tl_reach_push(&r->holes, base, base + tl_sink_header()->file_capacity, false);
	for (uint32_t i = 0; tl_modules_writable(i, &start, &end, &flags); i++)
		tl_reach_push(&r->holes, start, end, false); /* of the host's: roots already */
}

static void sort_holes(struct tl_audit_list *list)
{
	struct tl_reach_range *a = list->items;

	for (size_t i = 1; i < list->used; i++) {
		struct tl_reach_range key = a[i];
		size_t k = i;

		for (; k > 0 && a[k - 1].from > key.from; k--)
			a[k] = a[k - 1];
		a[k] = key;
	}
}

/* ---- what is the allocator's ---------------------------------------------------------------- */

/* Index of the first block at or after the address. */
static uint32_t first_block(const struct tl_reach_blocks *b, uintptr_t address)
{
	uint32_t low = 0, high = b->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (b->start[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_small_block(const struct tl_reach_blocks *b, uintptr_t from, uintptr_t size,
			    uint16_t where)
{
	for (uint32_t i = first_block(b, from); i < b->count && b->start[i] - from < size; i++)
		if (b->size[i] < SMALL && (b->flags[i] & (TL_R_OWN_MAPPING | where)) == where)
			return true;
	return false;
}

static bool in_arena(struct tl_reach *r, uintptr_t at)
{
	uintptr_t arena = at & ~(ARENA - 1);

	if (arena != r->arena) {
		r->arena = arena;
		r->is_arena = has_small_block(&r->blocks, arena, ARENA, TL_R_IN_ARENA);
	}
	return r->is_arena;
}

static bool is_allocators(struct tl_reach *r, uintptr_t piece)
{
	return (r->in_libc && in_arena(r, piece)) || has_small_block(&r->blocks, piece, PIECE, 0);
}

/* Less the blocks in it: what lies in a block is reached by the block, or not at all. */
static void push_between_blocks(struct tl_reach *r, uintptr_t from, uintptr_t to, bool shared)
{
	const struct tl_reach_blocks *b = &r->blocks;
	uint32_t i = first_block(b, from);

	if (i && b->start[i - 1] + b->size[i - 1] > from)
		from = b->start[i - 1] + b->size[i - 1];
	for (; i < b->count && b->start[i] < to && from < to; i++) {
		tl_reach_push(&r->others, from, b->start[i] < to ? b->start[i] : to, shared);
		from = b->start[i] + b->size[i];
	}
	tl_reach_push(&r->others, from, to, shared);
}

/* Where the piece of the address ends; large mappings may be empty for a long way. */
static uintptr_t end_of_piece(const struct tl_reach_blocks *b, uintptr_t at)
{
	uintptr_t arena = at & ~(ARENA - 1);
	uint32_t i = first_block(b, arena);
	uintptr_t block = i < b->count ? b->start[i] & ~(ARENA - 1) : UINTPTR_MAX;

	return block > arena ? block : (at & ~(PIECE - 1)) + PIECE;
}

static void push_pieces(struct tl_reach *r, uintptr_t from, uintptr_t to, bool shared)
{
	uintptr_t begun = from;

	for (uintptr_t at = from; at < to;) {
		uintptr_t next = end_of_piece(&r->blocks, at);

		if (next > to)
			next = to;
		if (is_allocators(r, at & ~(PIECE - 1))) {
			push_between_blocks(r, begun, at, shared);
			begun = next;
		}
		at = next;
	}
	push_between_blocks(r, begun, to, shared);
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void push_mapping(struct tl_reach *r, const struct tl_reach_map *m)
{
	const struct tl_reach_range *holes = r->holes.items;
	uintptr_t from = m->from;

	for (size_t i = 0; i < r->holes.used && from < m->to; i++) {
		if (holes[i].to <= from || holes[i].from >= m->to)
			continue;
		if (holes[i].from > from)
			push_pieces(r, from, holes[i].from, m->shared);
		from = holes[i].to;
	}
	if (from < m->to)
		push_pieces(r, from, m->to, m->shared);
}

/* All of their memory at once: what they tell of blocks must be among the holes before they do. */
static bool reserve(struct tl_audit_list *list)
{
	list->item_size = sizeof(struct tl_reach_range);
	list->items = tl_sys_mmap_sparse(RANGES_MOST * list->item_size);
	list->capacity = list->items ? RANGES_MOST : 0;
	return list->items != NULL;
}

bool tl_reach_space_init(struct tl_reach *r)
{
	return reserve(&r->roots) && reserve(&r->others) && reserve(&r->holes);
}

static void push_absent(struct tl_reach *r)
{
	for (uint32_t i = 0; i < r->absent_count; i++)
		push_mapping(r, &r->absent[i]);
}

bool tl_reach_others(struct tl_reach *r)
{
	struct tl_reach_map m;

	push_dead_stacks(r);
	push_own(r);
	sort_holes(&r->holes);
	if (!tl_audit_open_lines(r->a, "maps"))
		return false;
	while (tl_reach_next_map(r, &m))
		if (m.writable && !(m.heap && r->in_libc))
			push_mapping(r, &m);
	tl_lines_close(&r->a->lines);
	push_absent(r);
	return r->others.used < RANGES_MOST && r->holes.used < RANGES_MOST;
}
