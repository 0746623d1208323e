/* SPDX-License-Identifier: MIT */
#include "sink.h"
#include "section.h"
#include "sink_file.h"
#include "sink_head.h"
#include "sink_layout.h"
#include "sink_note.h"
#include "sink_slots.h"
#include "sys.h"
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#define CAPACITY   ((size_t)256 << 20)
#define LOCKED	   ((size_t)8 << 20) /* of a process whose memory is locked */
#define PAGE	   ((size_t)4096)
#define GROW_STEP  (4 * PAGE)
#define IN_SANDBOX ((size_t)1 << 20) /* what may still be written where the trace cannot grow */

struct tl_sink_kind tl_sink_kinds[TL_CHUNK_KINDS] = {
    [TL_CHUNK_MODULE] = {.slot_size = sizeof(struct tl_module)},
    [TL_CHUNK_STACK] = {.slot_size = sizeof(struct tl_stack)},
    [TL_CHUNK_SITE] = {.slot_size = sizeof(struct tl_site)},
    [TL_CHUNK_CREATOR] = {.slot_size = sizeof(struct tl_creator)},
    [TL_CHUNK_TIMER] = {.slot_size = sizeof(struct tl_timer)},
    [TL_CHUNK_NOTE] = {.slot_size = sizeof(struct tl_note)},
    [TL_CHUNK_HEAP] = {.slot_size = sizeof(struct tl_heap_stack)},
    [TL_CHUNK_FRAME] = {.slot_size = sizeof(struct tl_frame)},
};
TL_BIG struct tl_chunk *tl_sink_chunks[TL_SINK_CHUNKS][TL_CHUNK_KINDS - 1];
static TL_BIG_TABLE struct tl_sink_file file;
struct tl_header *tl_sink_top; /* with release once it is complete */
static char *base;
static size_t capacity = CAPACITY;
static size_t mapped, populated_to; /* populated_to: a window that needs no populating */
static uint64_t missed;		    /* timers that were made while no trace could be had */

const void *tl_sink_base(void)
{
	return base;
}

size_t tl_sink_used(void)
{
	return tl_sink_top ? tl_load(&tl_sink_top->bytes_used) : 0;
}

const char *tl_sink_path(void)
{
	return file.path[0] ? file.path : NULL;
}

const char *tl_sink_dir(void)
{
	return file.dir[0] ? file.dir : NULL;
}

void tl_sink_discard(void)
{
	if (tl_sink_active() && file.path[0] && !file.keep)
		tl_syscall(SYS_unlinkat, AT_FDCWD, (long)file.path, 0, 0, 0, 0);
}

/* ---- growth ------------------------------------------------------------------------------- */

static bool populate(char *at, size_t size)
{
	bool done = (size_t)(at - base) + size <= populated_to ||
		    (!tl_load(&tl_sys_quiet) &&
		     tl_sink_file_populate(&file, at, size, (uint64_t)(at - base)));

	return done || !file.path[0]; /* memory needs none: it is cheaper so, no more */
}

/* Of the last chunk, how many may be written. */
static uint32_t populated_slots(const struct tl_sink_kind *kind, const struct tl_chunk *chunk)
{
	return tl_sink_slots_in(kind, (size_t)(kind->populated - (const char *)chunk));
}

static bool populate_next(struct tl_sink_kind *kind, const struct tl_chunk *chunk, size_t step)
{
	size_t left = (size_t)((const char *)chunk + TL_SINK_CHUNK - kind->populated);

	if (step > left)
		step = left;
	if (!populate(kind->populated, step))
		return false;
	kind->populated += step;
	return true;
}

/* Half of what there is of the kind: calls for a few pages would be most of what many slots cost.
 */
static size_t next_step(const struct tl_sink_kind *kind)
{
	return kind->chunks < 2 ? GROW_STEP : kind->chunks * (TL_SINK_CHUNK / 2);
}

static bool populate_first(struct tl_sink_kind *kind, struct tl_chunk *chunk)
{
	size_t least = tl_sink_first_part(kind), step = kind->chunks ? next_step(kind) : 0;
	char *before = kind->populated;

	kind->populated = (char *)chunk;
	if (populate_next(kind, chunk, step > least ? step : least) ||
	    populate_next(kind, chunk, least))
		return true;
	kind->populated = before; /* of the last chunk, which may have room for less */
	return false;
}

static struct tl_chunk *new_chunk(enum tl_chunk_kind which)
{
	struct tl_sink_kind *kind = &tl_sink_kinds[which];
	size_t used = tl_load(&tl_sink_top->bytes_used);
	struct tl_chunk *chunk = (struct tl_chunk *)(base + used);

	if (kind->chunks == TL_SINK_CHUNKS || used + TL_SINK_CHUNK > mapped ||
	    !populate_first(kind, chunk))
		return NULL;
	chunk->kind = which;
	chunk->size = TL_SINK_CHUNK;
	chunk->slot_size = kind->slot_size;
	chunk->capacity = tl_sink_slots_in(kind, TL_SINK_CHUNK);
	chunk->magic = TL_CHUNK_MAGIC;
	*tl_sink_chunk(which, kind->chunks) = chunk;
	tl_store_release(&kind->chunks, kind->chunks + 1);
	tl_store_release(&tl_sink_top->bytes_used, used + TL_SINK_CHUNK);
	return chunk;
}

static bool grow(struct tl_sink_kind *kind, const struct tl_chunk *chunk, uint32_t slots)
{
	while (populated_slots(kind, chunk) < slots)
		if (!populate_next(kind, chunk, next_step(kind)) &&
		    !populate_next(kind, chunk, GROW_STEP))
			return false;
	return true;
}

static struct tl_chunk *last_chunk(enum tl_chunk_kind which)
{
	uint32_t chunks = tl_sink_kinds[which].chunks;

	return chunks ? *tl_sink_chunk(which, chunks - 1) : NULL;
}

/* Room for a slot, that is not yet counted as used. */
static void *reserve(enum tl_chunk_kind which)
{
	struct tl_sink_kind *kind = &tl_sink_kinds[which];
	struct tl_chunk *chunk = last_chunk(which);

	if (!tl_sink_top)
		return NULL;
	if (!chunk || chunk->used == chunk->capacity)
		chunk = new_chunk(which);
	if (!chunk)
		return NULL;
	return grow(kind, chunk, chunk->used + 1) ? tl_sink_slot_in(kind, chunk, chunk->used)
						  : NULL;
}

/* The index of the first of them. */
static uint32_t commit_some(enum tl_chunk_kind which, uint32_t some)
{
	struct tl_sink_kind *kind = &tl_sink_kinds[which];
	struct tl_chunk *chunk = *tl_sink_chunk(which, kind->chunks - 1);

	tl_store_release(&chunk->used, chunk->used + some);
	tl_store_release(&kind->count, kind->count + some);
	return kind->count - some;
}

static uint32_t commit(enum tl_chunk_kind which)
{
	return commit_some(which, 1);
}

uint32_t tl_sink_add(enum tl_chunk_kind which)
{
	return reserve(which) ? commit(which) : TL_NONE;
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t tl_sink_add_some(enum tl_chunk_kind which, uint32_t most, uint32_t *first)
{
	const struct tl_sink_kind *kind = &tl_sink_kinds[which];
	bool any = reserve(which) != NULL;
	const struct tl_chunk *chunk = last_chunk(which);
	uint32_t some;

	if (!any)
		return 0;
	some = least_of(populated_slots(kind, chunk) - chunk->used, most);
	*first = commit_some(which, some);
	return some;
}

void tl_sink_reserve(void)
{
	size_t used = tl_sink_used();
	bool whole = file.path[0] && used + IN_SANDBOX <= mapped;

	for (int i = 1; i < TL_CHUNK_KINDS && whole; i++) {
		const struct tl_chunk *last = last_chunk((enum tl_chunk_kind)i);

		whole = !last || grow(&tl_sink_kinds[i], last, last->capacity);
	}
	if (whole && populate(base + used, IN_SANDBOX) && populated_to < used + IN_SANDBOX)
		populated_to = used + IN_SANDBOX;
}

/* ---- what is entered whole ---------------------------------------------------------------- */

bool tl_sink_roomy(void)
{
	return tl_sink_top && tl_load(&tl_sink_top->bytes_used) < mapped / 2;
}

uint32_t tl_sink_add_module(const struct tl_module *module)
{
	bool fits = tl_sink_kinds[TL_CHUNK_MODULE].count < TL_FRAME_NO_MODULE;
	struct tl_module *to = fits ? reserve(TL_CHUNK_MODULE) : NULL;

	if (!to) {
		if (tl_sink_top)
			tl_add(&tl_sink_top->lost_modules, 1);
		return TL_NONE;
	}
	*to = *module;
	tl_store_release(&to->state, TL_SLOT_LIVE);
	return commit(TL_CHUNK_MODULE);
}

void tl_sink_mark_unloaded(uint32_t index)
{
	struct tl_module *module = tl_sink_slot(TL_CHUNK_MODULE, sizeof(struct tl_module), index);

	if (module)
		tl_or(&module->flags, TL_MOD_UNLOADED);
}

uint32_t tl_sink_add_frame(const struct tl_frame *frame)
{
	struct tl_frame *to = reserve(TL_CHUNK_FRAME);

	if (!to)
		return TL_NONE;
	*to = *frame;
	return commit(TL_CHUNK_FRAME);
}

uint32_t tl_sink_add_stack(const struct tl_stack *stack)
{
	struct tl_stack *to = reserve(TL_CHUNK_STACK);

	if (!to)
		return TL_NONE;
	*to = *stack;
	tl_store_release(&to->state, TL_SLOT_LIVE);
	return commit(TL_CHUNK_STACK);
}

void tl_sink_lost_stack(void)
{
	if (tl_sink_top)
		tl_add(&tl_sink_top->lost_stacks, 1);
}

struct tl_note *tl_sink_add_note(const struct tl_note *note)
{
	struct tl_note *to = reserve(TL_CHUNK_NOTE);

	if (!to)
		return NULL;
	*to = *note;
	tl_store_release(&to->state, TL_SLOT_LIVE);
	commit(TL_CHUNK_NOTE);
	return to;
}

/* ---- beginning ---------------------------------------------------------------------------- */

static bool map_trace(void)
{
	size_t size = capacity;

	tl_sys_populate(&file, sizeof(file));
	base = tl_sink_file_map(&file, &size, &populated_to, tl_sink_head_start()->realtime,
				tl_sink_head_start()->forked);
	if (!base) {
		size = capacity;
		while (!base && size >= PAGE * 64) {
			base = tl_sys_mmap(size);
			size /= base ? 1 : 4;
		}
	}
	mapped = base ? size : 0;
	return base != NULL;
}

static void note_unsaved(void)
{
	char text[200];

	if (!file.why)
		return;
	tl_format(text, sizeof(text), "trace not saved to a file: %s", file.why);
	tl_sink_note(TL_NOTE_TRACE, text);
}

void tl_sink_miss(void)
{
	tl_add(&missed, 1);
}

bool tl_sink_missed(void)
{
	return tl_load(&missed) > 0;
}

void tl_sink_mark_quiet(bool now)
{
	if (tl_sink_top && now)
		tl_or(&tl_sink_top->flags, TL_HDR_QUIET);
	else if (tl_sink_top)
		tl_and(&tl_sink_top->flags, ~TL_HDR_QUIET);
}

bool tl_sink_begin(void)
{
	struct tl_header *head;

	if (tl_sink_top)
		return true;
	if (tl_load(&tl_sys_quiet) || !map_trace())
		return false;
	head = (struct tl_header *)base;
	tl_sink_head_fill(head, mapped);
	head->lost_timers = tl_load(&missed);
	tl_store_release(&tl_sink_top, head);
	note_unsaved();
	tl_sink_notes_flush();
	return true;
}

void tl_sink_shrink(bool stay_small)
{
	size_t keep = tl_sink_used() + LOCKED;

	if (stay_small)
		capacity = LOCKED;
	if (mapped <= keep)
		return;
	tl_sys_munmap(base + keep, mapped - keep);
	mapped = keep;
}

/* ---- fork --------------------------------------------------------------------------------- */

static void leave_parents_trace(bool inside)
{
	if (base && inside)
		tl_sys_empty(base, mapped);
	else if (base)
		tl_sys_munmap(base, mapped);
}

void tl_sink_forked(bool inherited, bool inside)
{
	uint32_t child;

	if (tl_sink_top && inherited) {
		child = tl_add(&tl_sink_top->children, 1);
		tl_store(&tl_sink_top->child_pids[child % TL_ARRAY_LEN(tl_sink_top->child_pids)],
			 (uint32_t)tl_sys_getpid());
	}
	tl_sink_head_forked(tl_sink_top);
	leave_parents_trace(inside);
	tl_sink_top = NULL;
	base = NULL;
	mapped = populated_to = missed = 0;
	capacity = CAPACITY; /* locks are not inherited: man 2 mlock */
	for (int i = 1; i < TL_CHUNK_KINDS; i++)
		tl_sink_kinds[i].chunks = tl_sink_kinds[i].count = 0;
	tl_sink_notes_forked();
	tl_sys_clear(&file, sizeof(file));
}
