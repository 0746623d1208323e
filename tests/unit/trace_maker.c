/* SPDX-License-Identifier: MIT */
#include "trace_maker.h"
#include "analyzer/trace_read_1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

static void must(int ok)
{
	if (!ok) {
		fprintf(stderr, "trace_maker: limit exceeded\n");
		abort();
	}
}

struct trace_maker *trace_maker_new(uint32_t pid)
{
	struct trace_maker *maker = calloc(1, sizeof(*maker));
	struct tl_header *header;

	must(maker != NULL);
	header = &maker->header;
	memcpy(header->magic, TL_MAGIC, sizeof(header->magic));
	header->major = TL_MAJOR;
	header->minor = TL_MINOR;
	header->header_size = TL_HEADER_SIZE;
	header->endian = TL_ENDIAN;
	header->page_size = PAGE;
	header->machine = 62;
	header->pointer_size = 8;
	header->pid = pid;
	header->ppid = 1;
	header->start = MAKER_START;
	header->start_realtime = UINT64_C(1700000000) * MAKER_SECOND + pid;
	header->last_op = header->end = MAKER_END;
	header->end_state = TL_END_EXIT;
	header->end_tid = pid;
	header->evidence = TL_EV_DONE | TL_EV_TIMERS | TL_EV_FDS | TL_EV_HOLDERS | TL_EV_TASKS |
			   TL_EV_EPOLL | TL_EV_PENDING;
	trace_maker_exe(maker, "/nonexistent/app");
	return maker;
}

void trace_maker_free(struct trace_maker *maker)
{
	free(maker->bytes);
	free(maker);
}

void trace_maker_exe(struct trace_maker *maker, const char *exe)
{
	struct tl_header *header = &maker->header;

	snprintf(header->exe, sizeof(header->exe), "%s", exe);
	snprintf(header->argv, sizeof(header->argv), "%s", exe);
	header->argv_len = (uint32_t)strlen(header->argv) + 1;
}

uint32_t maker_module(struct trace_maker *maker, const char *path, const char *build_id,
		      uint32_t flags)
{
	struct tl_module *module = &maker->modules[maker->module_count];

	must(maker->module_count < MAKER_SLOTS);
	module->state = TL_SLOT_LIVE;
	module->flags = flags;
	module->bias = 0x10000000ull * (maker->header.pid + 1);
	module->start = module->bias;
	module->end = module->bias + 0x100000;
	if (build_id) {
		module->build_id_len = (uint8_t)strlen(build_id);
		must(module->build_id_len <= sizeof(module->build_id));
		memcpy(module->build_id, build_id, module->build_id_len);
	}
	snprintf(module->path, sizeof(module->path), "%s", path);
	return maker->module_count++;
}

static uint32_t add_frame(struct trace_maker *maker, uint64_t at, uint32_t caller)
{
	uint32_t i;

	for (i = 0; i < maker->frame_count; i++)
		if (maker->frames[i].at == at && maker->frames[i].caller == caller)
			return i;
	must(maker->frame_count < MAKER_FRAMES);
	maker->frames[i] = (struct tl_frame){.at = at, .caller = caller, .stack = TL_NONE};
	return maker->frame_count++;
}

uint32_t maker_stack(struct trace_maker *maker, const struct maker_frame *frames, uint16_t depth)
{
	struct tl_stack *stack = &maker->stacks[maker->stack_count];
	uint32_t i, frame = TL_NONE;

	must(maker->stack_count < MAKER_SLOTS);
	for (i = depth; i-- > 0;)
		frame = add_frame(maker, tl_frame_at(frames[i].module, frames[i].offset), frame);
	*stack = (struct tl_stack){.state = TL_SLOT_LIVE, .depth = depth, .frame = frame};
	stack->site[0] = stack->site[1] = stack->heap = TL_NONE;
	return maker->stack_count++;
}

uint32_t maker_site(struct trace_maker *maker, uint32_t kind, uint32_t stack)
{
	struct tl_site *site = &maker->sites[maker->site_count];

	must(maker->site_count < MAKER_SLOTS);
	site->state = TL_SLOT_LIVE;
	site->kind = kind;
	site->stack = stack;
	site->shortest = UINT64_MAX;
	return maker->site_count++;
}

uint32_t maker_creator(struct trace_maker *maker, uint32_t site, uint32_t tid)
{
	struct tl_creator *creator = &maker->creators[maker->creator_count];

	must(maker->creator_count < MAKER_SLOTS);
	creator->state = TL_SLOT_LIVE;
	creator->site = site;
	creator->tid = tid;
	return maker->creator_count++;
}

uint32_t maker_note(struct trace_maker *maker, uint32_t code, const char *text)
{
	struct tl_note *note = &maker->notes[maker->note_count];

	must(maker->note_count < MAKER_SLOTS);
	note->state = TL_SLOT_LIVE;
	note->code = code;
	note->count = 1;
	snprintf(note->text, sizeof(note->text), "%s", text);
	return maker->note_count++;
}

uint32_t maker_heap_stack(struct trace_maker *maker, uint32_t stack, uint64_t live, uint64_t all,
			  uint64_t size)
{
	struct tl_heap_stack *heap = &maker->heap_stacks[maker->heap_stack_count];

	must(maker->heap_stack_count < MAKER_SLOTS);
	heap->state = TL_SLOT_LIVE;
	heap->stack = stack;
	heap->live_objects = live * TL_HEAP_ONE;
	heap->live_bytes = live * size;
	heap->alloc_objects = all * TL_HEAP_ONE;
	heap->alloc_bytes = all * size;
	maker->header.heap_live_blocks += live;
	maker->header.heap_live_bytes += live * size;
	return maker->heap_stack_count++;
}

void maker_heap(struct trace_maker *maker, uint8_t mode)
{
	maker->header.heap_mode = mode;
	maker->header.heap_sample = mode == 1 ? 524288 : 0;
	maker->header.evidence |= TL_EV_HEAP | TL_EV_REACH;
}

struct timer *maker_timer(struct trace_maker *maker, uint32_t site)
{
	struct timer *timer = &maker->timers[maker->timer_count];

	must(maker->timer_count < MAKER_SLOTS && site < maker->site_count);
	timer->state = TL_SLOT_LIVE;
	timer->id = maker->timer_count++;
	timer->site = site;
	timer->creator = TL_NONE;
	timer->kind = (uint8_t)maker->sites[site].kind;
	timer->clock = 1;
	timer->notify = timer->kind == TL_POSIX ? TL_NOTIFY_SIGNAL : TL_NOTIFY_NONE;
	timer->signo = timer->kind == TL_POSIX ? 34 : 0;
	timer->tid = maker->header.pid;
	timer->refs = 1;
	timer->facts = TL_FACT_SEEN | TL_FACT_ARMED;
	timer->created = timer->last_set = MAKER_START;
	timer->first_expiry = MAKER_END + MAKER_SECOND;
	timer->arms = 1;
	timer->epoll_fd = -1;
	timer->holder_module = TL_NONE;
	timer->place_freed_stack = timer->payload_freed_stack = TL_NONE;
	maker->sites[site].created++;
	return timer;
}

uint32_t maker_simple_site(struct trace_maker *maker, uint32_t kind)
{
	uint32_t module =
	    maker_module(maker, "/nonexistent/app", "build-id-of-the-app", TL_MOD_EXE);
	const struct maker_frame frames[] = {{module, 0x1234}, {module, 0x2345}};

	return maker_site(maker, kind, maker_stack(maker, frames, 2));
}

/* ---- layout ------------------------------------------------------------------------------- */

static void append(struct trace_maker *maker, const void *data, size_t len)
{
	maker->bytes = realloc(maker->bytes, maker->len + len);
	must(maker->bytes != NULL);
	memcpy(maker->bytes + maker->len, data, len);
	maker->len += len;
}

static struct tl_chunk full_chunk(uint32_t kind, uint32_t slot_size, uint32_t count)
{
	return (struct tl_chunk){.magic = TL_CHUNK_MAGIC,
				 .kind = kind,
				 .slot_size = slot_size,
				 .capacity = count,
				 .used = count};
}

static void append_chunk(struct trace_maker *maker, uint32_t kind, const void *slots, uint32_t size,
			 uint32_t count)
{
	static const uint8_t zeros[PAGE];
	struct tl_chunk chunk = full_chunk(kind, size, count);

	chunk.size = (sizeof(chunk) + (uint64_t)size * count + PAGE - 1) / PAGE * PAGE;
	append(maker, &chunk, sizeof(chunk));
	append(maker, slots, (size_t)size * count);
	append(maker, zeros, (PAGE - maker->len % PAGE) % PAGE);
}

static void append_slots(struct trace_maker *maker, uint32_t kind, const void *slots, uint32_t size,
			 uint32_t count)
{
	uint32_t at, step = maker->chunk_slots ? maker->chunk_slots : MAKER_SLOTS;

	for (at = 0; at < count; at += step)
		append_chunk(maker, kind, (const uint8_t *)slots + (size_t)at * size, size,
			     count - at < step ? count - at : step);
}

static struct tl_timer first_part(const struct timer *timer)
{
	uint32_t registered = timer->epoll_fd >= 0 ? TL_F_REGISTERED : 0;

	return (struct tl_timer){
	    .state = timer->state,
	    .generation = timer->generation,
	    .id = timer->id,
	    .site = timer->site,
	    .creator = timer->creator,
	    .kind = timer->kind,
	    .notify = timer->notify,
	    .clock = timer->clock,
	    .flags = timer->flags | registered,
	    .tid = timer->tid,
	    .refs = timer->refs,
	    .place = timer->place,
	    .payload = timer->payload,
	    .created = timer->created,
	    .last_set = timer->last_set,
	    .first_expiry = timer->first_expiry,
	    .interval = timer->interval,
	    .arms = timer->arms,
	    .services = timer->services,
	    .last_service = timer->last_service,
	    .longest_gap = timer->longest_gap,
	    .service_tid = timer->service_tid,
	    .creator_tp = timer->creator_tp,
	    .signo = (uint8_t)timer->signo,
	};
}

static struct tl_timer_more second_part(const struct timer *timer)
{
	return (struct tl_timer_more){
	    .holder = timer->holder,
	    .facts = timer->facts,
	    .target_tid = timer->target_tid,
	    .disarms = timer->disarms,
	    .failed_sets = timer->failed_sets,
	    .drains = timer->drains,
	    .ticks_read = timer->ticks_read,
	    .last_drain = timer->last_drain,
	    .eagain = timer->eagain,
	    .cancelled = timer->cancelled,
	    .short_reads = timer->short_reads,
	    .reported = timer->reported,
	    .reported_tid = timer->reported_tid,
	    .reported_first = timer->reported_first,
	    .reported_last = timer->reported_last,
	    .holder_tid = timer->holder_tid,
	    .holder_module = timer->holder_module,
	    .holder_offset = timer->holder_offset,
	    .remaining = timer->remaining,
	    .epoll_fd = timer->epoll_fd,
	    .epoll_number = timer->epoll_number,
	    .place_freed_stack = timer->place_freed_stack,
	    .payload_freed_stack = timer->payload_freed_stack,
	    .unread = timer->unread,
	    .retained = timer->retained,
	};
}

/* As many as fit are behind the header, which takes a place as one. */
static void append_timer_chunk(struct trace_maker *maker, const struct timer *timers,
			       uint32_t count)
{
	static uint8_t bytes[(MAKER_SLOTS / 32 + 1) * 2 * TL_TIMER_PAGE];
	uint32_t size = sizeof(struct tl_timer), i;
	struct tl_chunk chunk = full_chunk(TL_CHUNK_TIMER, size, count);

	chunk.size = (uint64_t)(count + 1 + 31) / 32 * 2 * TL_TIMER_PAGE;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &chunk, sizeof(chunk));
	for (i = 0; i < count; i++) {
		struct tl_timer timer = first_part(&timers[i]);
		struct tl_timer_more more = second_part(&timers[i]);
		uint8_t *to = bytes + tl_timer_offset(i, size);

		memcpy(to, &timer, sizeof(timer));
		memcpy(to + TL_TIMER_PAGE, &more, sizeof(more));
	}
	append(maker, bytes, (size_t)chunk.size);
}

static void append_timers(struct trace_maker *maker)
{
	uint32_t at, step = maker->chunk_slots ? maker->chunk_slots : MAKER_SLOTS;

	for (at = 0; at < maker->timer_count; at += step)
		append_timer_chunk(maker, maker->timers + at,
				   maker->timer_count - at < step ? maker->timer_count - at : step);
}

static void append_stacks(struct trace_maker *maker)
{
	append_slots(maker, TL_CHUNK_FRAME, maker->frames, sizeof(maker->frames[0]),
		     maker->frame_count);
	append_slots(maker, TL_CHUNK_STACK, maker->stacks, sizeof(maker->stacks[0]),
		     maker->stack_count);
}

static uint32_t words_of_stack_1(const struct trace_maker *maker, const struct tl_stack *stack,
				 uint64_t *words)
{
	struct tl_stack_1 head = {TL_SLOT_LIVE, stack->depth, stack->flags, 0};
	uint32_t i, count = sizeof(head) / 8;

	memcpy(words, &head, sizeof(head));
	for (i = stack->frame; i != TL_NONE; i = maker->frames[i].caller) {
		uint64_t at = maker->frames[i].at;
		struct tl_frame_1 frame = {tl_frame_module(at), 0, tl_frame_offset(at)};

		memcpy(words + count, &frame, sizeof(frame));
		count += sizeof(frame) / 8;
	}
	return count;
}

static void append_stacks_1(struct trace_maker *maker)
{
	uint64_t words[MAKER_WORDS];
	uint32_t i, count = 0;

	for (i = 0; i < maker->stack_count; i++) {
		must(count + 2 + 2u * maker->stacks[i].depth <= MAKER_WORDS);
		count += words_of_stack_1(maker, &maker->stacks[i], words + count);
	}
	if (count)
		append_chunk(maker, TL_CHUNK_STACK, words, 8, count);
}

struct trace_bytes trace_maker_bytes(struct trace_maker *maker)
{
	maker->len = 0;
	append(maker, &maker->header, sizeof(maker->header));
	append_slots(maker, TL_CHUNK_MODULE, maker->modules, sizeof(maker->modules[0]),
		     maker->module_count);
	if (maker->header.major == 1)
		append_stacks_1(maker);
	else
		append_stacks(maker);
	append_slots(maker, TL_CHUNK_SITE, maker->sites, sizeof(maker->sites[0]),
		     maker->site_count);
	append_slots(maker, TL_CHUNK_CREATOR, maker->creators, sizeof(maker->creators[0]),
		     maker->creator_count);
	if (maker->header.major < 3)
		append_slots(maker, TL_CHUNK_TIMER, maker->timers, sizeof(maker->timers[0]),
			     maker->timer_count);
	else
		append_timers(maker);
	append_slots(maker, TL_CHUNK_NOTE, maker->notes, sizeof(maker->notes[0]),
		     maker->note_count);
	append_slots(maker, TL_CHUNK_HEAP, maker->heap_stacks, sizeof(maker->heap_stacks[0]),
		     maker->heap_stack_count);
	maker->header.bytes_used = maker->header.file_capacity = maker->len;
	memcpy(maker->bytes, &maker->header, sizeof(maker->header));
	return (struct trace_bytes){.data = maker->bytes, .len = maker->len};
}
