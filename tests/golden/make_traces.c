/* SPDX-License-Identifier: MIT */
/*
 * make_traces.c - remakes the stored traces of this directory: make_traces DIR.
 *
 * The traces name programs that exist nowhere, so that the reports over them are the same on every
 * machine: frames are module+offset.
 */
#include "trace_maker.h"

#include <stdio.h>

static int save(struct trace_maker *maker, const char *dir, const char *name)
{
	struct trace_bytes bytes = trace_maker_bytes(maker);
	char path[4096];
	FILE *file;
	int ok;

	snprintf(path, sizeof(path), "%s/%s.tlk", dir, name);
	file = fopen(path, "wb");
	ok = file && fwrite(bytes.data, bytes.len, 1, file) == 1;
	if (file && fclose(file))
		ok = 0;
	if (!ok)
		perror(path);
	trace_maker_free(maker);
	return ok ? 0 : 1;
}

/* Nothing was ever made. */
static struct trace_maker *empty(void)
{
	return trace_maker_new(1000);
}

/* Up to thirty within the first seconds, then twelve, in steps of a second or so. */
static void add_timeline(struct tl_site *site, uint64_t start)
{
	site->line_shift = 30;
	site->line_first = start >> site->line_shift;
	site->line[0] = (struct tl_point){.live = 20, .high = 25};
	site->line[2] = (struct tl_point){.live = 30, .high = 30};
	site->line[12] = (struct tl_point){.live = 12, .high = 30};
}

/* Twelve timerfds of one site, of different ages and states, and 88 that were closed. */
static struct trace_maker *leaky(void)
{
	struct trace_maker *maker = trace_maker_new(2000);
	uint32_t site = maker_simple_site(maker, TL_TIMERFD), i;

	for (i = 0; i < 12; i++) {
		struct timer *timer = maker_timer(maker, site);

		timer->created += i * MAKER_SECOND;
		timer->tid += i % 3;
		if (i % 4 == 0)
			timer->facts &= ~TL_FACT_ARMED;
	}
	maker->sites[site].created += 88;
	maker->sites[site].stopped = 88;
	add_timeline(&maker->sites[site], maker->header.start_realtime);
	return maker;
}

static struct timer *add(struct trace_maker *maker, uint32_t kind, uint64_t offset)
{
	const struct maker_frame frames[] = {{0, offset}, {0, 0x9000}, {1, 0x27000}};

	return maker_timer(maker, maker_site(maker, kind, maker_stack(maker, frames, 3)));
}

/* One timer of every class, hazards, notes and losses. */
static struct trace_maker *every_class(void)
{
	struct trace_maker *maker = trace_maker_new(3000);
	struct timer *timer;

	maker_module(maker, "/nonexistent/app", "build-id-of-the-app", TL_MOD_EXE);
	maker_module(maker, "/nonexistent/libc.so.6", "build-id-of-the-libc", TL_MOD_LIBC);
	timer = add(maker, TL_TIMERFD, 0x1000);
	timer->arms = 0;
	timer->flags = TL_F_ARM_FAILED;
	add(maker, TL_POSIX, 0x1100)->flags = TL_F_OVERWRITTEN;
	timer = add(maker, TL_POSIX, 0x1200);
	timer->holder = TL_HOLDER_STATIC;
	timer->holder_module = 0;
	timer->holder_offset = 0x4040;
	timer = add(maker, TL_TIMERFD, 0x1300);
	timer->facts |= TL_FACT_BLOCKED_ON;
	timer = add(maker, TL_TIMERFD, 0x1400);
	timer->facts |= TL_FACT_IN_CHILD;
	timer = add(maker, TL_TIMERFD, 0x1500);
	timer->facts = TL_FACT_SEEN | TL_FACT_IN_EPOLL | TL_FACT_TICKS;
	timer->first_expiry = MAKER_START + MAKER_SECOND;
	add(maker, TL_POSIX, 0x1600)->notify = TL_NOTIFY_THREAD;
	timer = add(maker, TL_POSIX, 0x1700);
	timer->flags = TL_F_PLACE_FREED | TL_F_PLACE_UNLOADED;
	add(maker, TL_POSIX, 0x1800)->facts |= TL_FACT_UNREACHABLE;
	maker_heap(maker, 1);
	maker->header.heap_lost = 5;
	maker->sites[0].hazards[TL_HAZ_SPIN] = 1;
	maker->header.inherited_exec = 1;
	maker->header.untracked_posix = 2;
	maker->header.lost_stacks = 3;
	maker_note(maker, TL_NOTE_UNWIND, "libunwind is absent: stacks follow frame pointers");
	return maker;
}

static uint32_t freed_at(struct trace_maker *maker, uint64_t offset)
{
	const struct maker_frame frames[] = {{0, offset}, {0, 0x9000}, {1, 0x27000}};

	return maker_stack(maker, frames, 3);
}

static uint32_t allocated_at(struct trace_maker *maker, uint64_t offset, uint64_t live,
			     uint64_t all, uint64_t size)
{
	const struct maker_frame frames[] = {{0, offset}, {0, 0x8000}, {0, 0x9000}, {1, 0x27000}};

	return maker_heap_stack(maker, maker_stack(maker, frames, 4), live, all, size);
}

static void retain(struct tl_site *site, unsigned i, uint32_t heap, uint64_t objects,
		   uint64_t bytes)
{
	site->retained_at[i] =
	    (struct tl_retained){.heap = heap, .objects = objects * TL_HEAP_ONE, .bytes = bytes};
}

/* What was freed: the blocks of handles, at two places, and of notifications. */
static void heap_orphans(struct trace_maker *maker)
{
	struct timer *timer = add(maker, TL_POSIX, 0x1000);
	uint32_t i, site = timer->site;

	timer->flags = TL_F_PLACE_FREED;
	timer->place_freed_stack = freed_at(maker, 0x2000);
	for (i = 0; i < 2; i++) {
		timer = maker_timer(maker, site);
		timer->flags = TL_F_PLACE_FREED;
		timer->place_freed_stack = freed_at(maker, 0x2000 + i * 0x100);
	}
	timer = add(maker, TL_TIMERFD, 0x1100);
	timer->flags = TL_F_PAYLOAD_FREED;
	timer->payload_freed_stack = freed_at(maker, 0x2200);
	maker->sites[timer->site].hazards[TL_HAZ_FREED_PAYLOAD] = 1;
	timer = add(maker, TL_POSIX, 0x1200);
	timer->flags = TL_F_PAYLOAD_FREED | TL_F_PAYLOAD_MOVED | TL_F_DISARMED;
}

/* Twelve in blocks that are lost, with what these lead to, and one in a block that is not. */
static void heap_lost_and_held(struct trace_maker *maker)
{
	struct timer *timer = add(maker, TL_POSIX, 0x1300);
	struct tl_site *site = &maker->sites[timer->site];
	uint32_t i;

	for (i = 0; i < 12; i++) {
		if (i)
			timer = maker_timer(maker, (uint32_t)(site - maker->sites));
		timer->facts |= TL_FACT_UNREACHABLE;
		timer->retained = 110000;
	}
	retain(site, 0, allocated_at(maker, 0x3000, 12, 40, 104000), 12, 12 * 104000);
	retain(site, 1, allocated_at(maker, 0x3100, 12, 12, 4096), 12, 12 * 4096);
	retain(site, 2, allocated_at(maker, 0x3200, 12, 12, 1904), 12, 12 * 1904);
	timer = maker_timer(maker, (uint32_t)(site - maker->sites));
	timer->holder = TL_HOLDER_HEAP;
	timer->retained = 256;
	add(maker, TL_POSIX, 0x1400)->flags = TL_F_PLACE_AT_EXIT;
}

/* What stopped timers left behind, and other blocks. */
static void heap_blocks(struct trace_maker *maker)
{
	struct timer *timer = add(maker, TL_TIMERFD, 0x1500);
	struct tl_site *site = &maker->sites[timer->site];

	timer->state = TL_SLOT_FREE;
	site->created = site->stopped = 12;
	site->left_blocks = 12;
	site->left_bytes = 12 * 104000;
	site->left_at.heap = allocated_at(maker, 0x3300, 12, 12, 104000);
	site->left_at.bytes = site->left_bytes;
	allocated_at(maker, 0x3400, 0, 100000, 64);
	allocated_at(maker, 0x3500, 1, 1, 64);
	maker_heap_stack(maker, TL_NONE, 2, 3, 48);
}

/* What the heap tells: of timers, of blocks that they keep or left, of all others. */
static struct trace_maker *heap(void)
{
	struct trace_maker *maker = trace_maker_new(6000);

	maker_module(maker, "/nonexistent/app", "build-id-of-the-app", TL_MOD_EXE);
	maker_module(maker, "/nonexistent/libc.so.6", "build-id-of-the-libc", TL_MOD_LIBC);
	maker_heap(maker, 2);
	heap_orphans(maker);
	heap_lost_and_held(maker);
	heap_blocks(maker);
	return maker;
}

/* Killed, with a periodic timer armed. */
static struct trace_maker *killed(void)
{
	struct trace_maker *maker = trace_maker_new(4000);
	struct timer *timer = maker_timer(maker, maker_simple_site(maker, TL_POSIX));

	timer->interval = MAKER_SECOND;
	timer->first_expiry = MAKER_START + MAKER_SECOND;
	maker->header.end_state = TL_END_SIGNAL;
	maker->header.end_status = 9;
	maker->header.end = 0;
	maker->header.evidence = 0;
	return maker;
}

/* A parent and a child that leak at one site: another ASLR base, the same build. */
static struct trace_maker *family(uint32_t pid)
{
	struct trace_maker *maker = trace_maker_new(pid);
	uint32_t site = maker_simple_site(maker, TL_TIMERFD);

	maker_timer(maker, site);
	if (pid != 5000) {
		maker->header.ppid = 5000;
		maker->header.flags |= TL_HDR_FORKED;
		maker->header.inherited_fork = 1;
		maker_timer(maker, site);
	}
	return maker;
}

/* Twelve sites of a program whose name wants to be something else in every format. */
static struct trace_maker *hostile(void)
{
	static const char name[] = "/nonexistent/<a&b>\"'%0A:,]]>[x](y){0}\n::error::\x1b[31m\xff";
	struct trace_maker *maker = trace_maker_new(7000);
	uint32_t i, n;

	trace_maker_exe(maker, name);
	maker_module(maker, name, "build-id-of-the-app", TL_MOD_EXE);
	maker_module(maker, "/nonexistent/libc.so.6", "build-id-of-the-libc", TL_MOD_LIBC);
	for (i = 0; i < 12; i++) {
		uint32_t site = add(maker, TL_TIMERFD, 0x1000 + i * 0x100)->site;

		for (n = i; n < 12; n++)
			maker_timer(maker, site);
	}
	return maker;
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";

	return save(empty(), dir, "empty") | save(leaky(), dir, "leaky") |
	       save(every_class(), dir, "every_class") | save(killed(), dir, "killed") |
	       save(heap(), dir, "heap") | save(family(5000), dir, "parent") |
	       save(family(5001), dir, "child") | save(hostile(), dir, "hostile");
}
