/* SPDX-License-Identifier: MIT */
#include "trace_read.h"
#include "trace_read_1.h"
#include "trace_slots.h"
#include "trace_stacks.h"
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks begin on pages of at least this size: the step of the search after a break. */
#define CHUNK_STEP 4096u

struct reader {
	struct image *image;
	const uint8_t *data;
	uint64_t end;		       /* of what may be looked at */
	uint64_t next[TL_CHUNK_KINDS]; /* index of the next chunk's first slot */
	bool broken; /* a break was passed: ordinals are not to be trusted any more */
	bool no_memory;
};

static void __attribute__((format(printf, 3, 4)))
damage(struct reader *r, uint64_t pos, const char *format, ...)
{
	char what[128];
	va_list ap;

	if (r->image->damage)
		return;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	if (asprintf(&r->image->damage, "at byte %llu: %s", (unsigned long long)pos, what) < 0) {
		r->image->damage = NULL;
		r->no_memory = true;
	}
}

/* ---- slots of a fixed size ---------------------------------------------------------------- */

/* `avail` bytes of the chunk are there at `pos`. */
static void read_slots(struct reader *r, const struct tl_chunk *chunk, uint64_t pos, uint64_t avail)
{
	struct slot_array slots;
	uint64_t base = r->next[chunk->kind], used = chunk->used, i;
	uint64_t fit = trace_slots_in(r->image, chunk, avail);

	if (!trace_slots_of(r->image, chunk->kind, &slots))
		return;
	if (!trace_slots_fit(r->image, chunk->kind, chunk->slot_size)) {
		damage(r, pos, "slots of %u bytes in a chunk of kind %u", chunk->slot_size,
		       chunk->kind);
		r->broken = true;
		return;
	}
	if (used > fit) {
		damage(r, pos, "%u slots do not fit", chunk->used);
		used = fit;
	}
	r->next[chunk->kind] += chunk->capacity;
	if (used == 0)
		return;
	for (i = 0; i < used; i++)
		trace_slots_copy(r->image, chunk, r->data + pos, i,
				 (char *)*slots.array + (base + i) * slots.size, slots.size);
	*slots.count = base + used;
}

/* ---- stacks ------------------------------------------------------------------------------- */

static void read_stacks_1(struct reader *r, const struct tl_chunk *chunk, uint64_t pos,
			  uint64_t avail)
{
	uint64_t size = (uint64_t)chunk->used * 8, got;

	if (size > avail) {
		damage(r, pos, "%u words of stacks do not fit", chunk->used);
		size = avail / 8 * 8;
	}
	got = trace_read_1_stacks(r->image, r->data + pos, size);
	if (got < size) {
		/* How many records are skipped is unknown, so are later ordinals. */
		damage(r, pos + got, "a stack that is not whole");
		r->broken = true;
	}
}

/* ---- chunks ------------------------------------------------------------------------------- */

static bool chunk_at(const struct reader *r, uint64_t pos, struct tl_chunk *chunk)
{
	if (r->end - pos < sizeof(*chunk))
		return false;
	memcpy(chunk, r->data + pos, sizeof(*chunk));
	return chunk->magic == TL_CHUNK_MAGIC && chunk->size > sizeof(*chunk) &&
	       chunk->size % CHUNK_STEP == 0;
}

/* Sizes that contradict each other would shift the indexes of all that follow. */
static bool chunk_is_sane(const struct reader *r, const struct tl_chunk *chunk)
{
	return chunk->slot_size >= 8 && chunk->used <= chunk->capacity &&
	       chunk->capacity <= trace_slots_in(r->image, chunk, chunk->size);
}

/* What of a chunk is there. */
static uint64_t size_there(const struct reader *r, const struct tl_chunk *chunk, uint64_t pos)
{
	return chunk->size < r->end - pos ? chunk->size : r->end - pos;
}

static void read_chunk(struct reader *r, const struct tl_chunk *chunk, uint64_t pos)
{
	uint64_t avail = size_there(r, chunk, pos);
	bool leaf = chunk->kind == TL_CHUNK_TIMER || chunk->kind == TL_CHUNK_NOTE;

	if (chunk->kind == 0 || chunk->kind >= TL_CHUNK_KINDS)
		return;
	if (!chunk_is_sane(r, chunk)) {
		damage(r, pos, "a chunk whose sizes contradict each other");
		r->broken = true;
		return;
	}
	if (r->broken && !leaf)
		return;
	if (trace_slots_are_words(r->image, chunk->kind))
		read_stacks_1(r, chunk, pos + sizeof(*chunk), avail - sizeof(*chunk));
	else
		read_slots(r, chunk, pos, avail);
}

struct room {
	uint64_t next[TL_CHUNK_KINDS]; /* as in the reader */
	uint64_t slots[TL_CHUNK_KINDS];
};

static void count_slots(struct reader *r, const struct tl_chunk *chunk, uint64_t pos,
			struct room *room)
{
	uint64_t there = size_there(r, chunk, pos), fit, used;
	struct slot_array slots;

	if (trace_slots_of(r->image, chunk->kind, &slots) &&
	    !trace_slots_fit(r->image, chunk->kind, chunk->slot_size))
		return;
	/* Words are counted whatever the chunk says. */
	fit = trace_slots_are_words(r->image, chunk->kind) ? (there - sizeof(*chunk)) / 8
							   : trace_slots_in(r->image, chunk, there);
	used = chunk->used < fit ? chunk->used : fit;
	if (used)
		room->slots[chunk->kind] = room->next[chunk->kind] + used;
	room->next[chunk->kind] += chunk->capacity;
}

/* Before they are read, so that an array has its size from the beginning. After a break fewer come
 * than are counted, never more. */
static void make_room(struct reader *r)
{
	struct room room = {.next = {0}};
	uint64_t pos = r->image->header.header_size;
	struct tl_chunk chunk;

	while (pos < r->end) {
		if (!chunk_at(r, pos, &chunk)) {
			pos += CHUNK_STEP;
			continue;
		}
		if (chunk.kind < TL_CHUNK_KINDS && chunk_is_sane(r, &chunk))
			count_slots(r, &chunk, pos, &room);
		pos += size_there(r, &chunk, pos);
	}
	if (trace_slots_are_words(r->image, TL_CHUNK_STACK))
		r->no_memory = trace_read_1_make_room(r->image, room.slots[TL_CHUNK_STACK]) != 0;
	r->no_memory |= trace_slots_make_room(r->image, room.slots) != 0;
}

static void read_chunks(struct reader *r)
{
	struct tl_chunk chunk;
	uint64_t pos = r->image->header.header_size;

	while (pos < r->end && !r->no_memory) {
		if (!chunk_at(r, pos, &chunk)) {
			damage(r, pos, "no chunk begins here");
			r->broken = true;
			pos += CHUNK_STEP;
			continue;
		}
		if (chunk.size > r->end - pos)
			damage(r, r->end, "the trace ends inside a chunk");
		read_chunk(r, &chunk, pos);
		if (chunk.size > r->end - pos)
			break;
		pos += chunk.size;
	}
}

/* ---- header ------------------------------------------------------------------------------- */

static int header_error(char *error, size_t size, uint64_t pos, const char *what)
{
	snprintf(error, size, "at byte %llu: %s", (unsigned long long)pos, what);
	return -1;
}

static int read_header(struct tl_header *header, const struct trace_bytes *bytes, char *error,
		       size_t size)
{
	char what[96];

	if (bytes->len == 0)
		return header_error(error, size, 0, "the trace is empty");
	memcpy(header, bytes->data, bytes->len < sizeof(*header) ? bytes->len : sizeof(*header));
	if (bytes->len < sizeof(header->magic) ||
	    memcmp(header->magic, TL_MAGIC, sizeof(header->magic)) != 0)
		return header_error(error, size, 0, "not a timerleak trace");
	if (bytes->len < sizeof(*header))
		return header_error(error, size, bytes->len, "the trace is cut inside its header");
	if (header->endian != TL_ENDIAN)
		return header_error(error, size, offsetof(struct tl_header, endian),
				    "written on a machine with another byte order, or garbled");
	if (header->major > TL_MAJOR) {
		snprintf(what, sizeof(what),
			 "format %u.%u is newer than this timerleak, which reads 1 to %u",
			 header->major, header->minor, (unsigned)TL_MAJOR);
		return header_error(error, size, offsetof(struct tl_header, major), what);
	}
	if (header->major == 0)
		return header_error(error, size, offsetof(struct tl_header, major),
				    "no such format version");
	if (header->header_size < sizeof(*header) || header->header_size % CHUNK_STEP)
		return header_error(error, size, offsetof(struct tl_header, header_size),
				    "no such header size");
	return 0;
}

/* ---- contents that would hurt later ------------------------------------------------------- */

/* Of a slot that was read. */
static uint64_t place_of(const struct reader *r, uint32_t kind, size_t index)
{
	uint64_t pos = r->image->header.header_size;
	struct tl_chunk chunk;

	for (; pos < r->end && chunk_at(r, pos, &chunk); pos += size_there(r, &chunk, pos)) {
		if (chunk.kind != kind || !chunk_is_sane(r, &chunk))
			continue;
		if (index < chunk.capacity)
			return pos + trace_slots_offset(r->image, &chunk, index);
		index -= chunk.capacity;
	}
	return pos;
}

static void bound_stacks(struct reader *r)
{
	struct stack_fault fault;

	r->no_memory |= trace_stacks_check(r->image, &fault) != 0;
	if (fault.what)
		damage(r, place_of(r, fault.kind, fault.index), "%s", fault.what);
}

static void bound_header(struct tl_header *header)
{
	header->exe[sizeof(header->exe) - 1] = '\0';
	header->argv[sizeof(header->argv) - 1] = '\0';
	if (header->argv_len > sizeof(header->argv))
		header->argv_len = sizeof(header->argv);
	if (header->heap_mode > HEAP_FULL)
		header->heap_mode = HEAP_OFF;
}

static void bound_modules(struct image *image)
{
	size_t i;

	for (i = 0; i < image->module_count; i++) {
		struct tl_module *module = &image->modules[i];

		module->path[sizeof(module->path) - 1] = '\0';
		if (module->build_id_len > sizeof(module->build_id))
			module->build_id_len = sizeof(module->build_id);
	}
}

static void bound_timers(struct reader *r)
{
	struct image *image = r->image;
	size_t i;

	for (i = 0; i < image->timer_count; i++) {
		struct timer *timer = &image->timers[i];

		if (timer->state != TL_SLOT_EMPTY &&
		    (timer->state > TL_SLOT_STOPPING || timer->kind > TL_TIMERFD)) {
			damage(r, 0, "timer %zu is neither a POSIX timer nor a timerfd", i);
			timer->state = TL_SLOT_EMPTY;
		}
		if (timer->notify > TL_NOTIFY_THREAD_ID)
			timer->notify = TL_NOTIFY_NONE;
		if (timer->holder > TL_HOLDER_HEAP)
			timer->holder = TL_HOLDER_NONE;
	}
}

static void bound_rest(struct reader *r)
{
	struct image *image = r->image;
	size_t i;

	for (i = 0; i < image->site_count; i++) {
		if (image->sites[i].state != TL_SLOT_EMPTY && image->sites[i].kind > TL_TIMERFD) {
			damage(r, 0, "site %zu is of no known kind", i);
			image->sites[i].state = TL_SLOT_EMPTY;
		}
	}
	for (i = 0; i < image->note_count; i++)
		image->notes[i].text[sizeof(image->notes[i].text) - 1] = '\0';
}

int trace_read(struct image *image, const struct trace_bytes *bytes, const char *source,
	       char *error, size_t size)
{
	struct reader r = {.image = image, .data = bytes->data, .end = bytes->len};

	*image = (struct image){0};
	if (read_header(&image->header, bytes, error, size))
		return -1;
	bound_header(&image->header);
	image->source = strdup(source);
	if (image->header.bytes_used > r.end)
		damage(&r, r.end, "the trace is cut: %llu bytes are missing",
		       (unsigned long long)(image->header.bytes_used - r.end));
	else if (image->header.bytes_used < image->header.header_size)
		damage(&r, offsetof(struct tl_header, bytes_used), "less in use than the header");
	else
		r.end = image->header.bytes_used;
	if (bytes->cut)
		damage(&r, r.end, "larger than any trace");
	make_room(&r);
	read_chunks(&r);
	bound_stacks(&r);
	bound_modules(image);
	bound_timers(&r);
	bound_rest(&r);
	if (r.no_memory || !image->source) {
		snprintf(error, size, "out of memory");
		return -1;
	}
	return 0;
}
