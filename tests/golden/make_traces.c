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

/* Twelve timerfds of one site, of different ages and states, and 88 that were closed. */
static struct trace_maker *leaky(void)
{
	struct trace_maker *maker = trace_maker_new(2000);
	uint32_t site = maker_simple_site(maker, TL_TIMERFD), i;

	for (i = 0; i < 12; i++) {
		struct tl_timer *timer = maker_timer(maker, site);

		timer->created += i * MAKER_SECOND;
		timer->tid += i % 3;
		if (i % 4 == 0)
			timer->facts &= ~TL_FACT_ARMED;
	}
	maker->sites[site].created += 88;
	maker->sites[site].stopped = 88;
	return maker;
}

static struct tl_timer *add(struct trace_maker *maker, uint32_t kind, uint64_t offset)
{
	const struct tl_frame frames[] = {{0, 0, offset}, {0, 0, 0x9000}, {1, 0, 0x27000}};

	return maker_timer(maker, maker_site(maker, kind, maker_stack(maker, frames, 3)));
}

/* One timer of every class that needs no heap, hazards, notes and losses. */
static struct trace_maker *every_class(void)
{
	struct trace_maker *maker = trace_maker_new(3000);
	struct tl_timer *timer;

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
	maker->sites[0].hazards[TL_HAZ_SPIN] = 1;
	maker->header.inherited_exec = 1;
	maker->header.untracked_posix = 2;
	maker->header.lost_stacks = 3;
	maker_note(maker, TL_NOTE_UNWIND, "libunwind is absent: stacks follow frame pointers");
	return maker;
}

/* Killed, with a periodic timer armed. */
static struct trace_maker *killed(void)
{
	struct trace_maker *maker = trace_maker_new(4000);
	struct tl_timer *timer = maker_timer(maker, maker_simple_site(maker, TL_POSIX));

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

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";

	return save(empty(), dir, "empty") | save(leaky(), dir, "leaky") |
	       save(every_class(), dir, "every_class") | save(killed(), dir, "killed") |
	       save(family(5000), dir, "parent") | save(family(5001), dir, "child");
}
