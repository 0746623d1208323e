/* SPDX-License-Identifier: MIT */
/*
 * model.h - what random_model.c believes, and the comparison of it with the library's table (the
 * trace that is mapped into this process) and with what the kernel shows.
 *
 * A call that hooks see changes the table and the kernel, one that they do not see the kernel
 * alone: so there are two maps of descriptors to objects, and each object has two halves.
 */
#ifndef MODEL_H
#define MODEL_H

#include <time.h>

#include "model_trace.h"

#define OBJECTS 160
#define NUMBERS 200 /* descriptors; RLIMIT_NOFILE */
#define HOUR	3600ll

struct object {
	bool used, posix, thread, none, raw;
	bool in_table, in_kernel; /* POSIX; of timerfds the maps tell */
	uint64_t id;
	int clock, signo, notify;
	uint32_t flags; /* those of TL_F_* that come from the create call */
	const struct tl_timer *slot;
	void *place;
	uint64_t payload;
	/* the table's half */
	uint32_t arms, disarms, failed, drains, eagain, shorts;
	bool disarmed, arm_failed;
	int64_t period; /* ns */
	int64_t expiry; /* seconds of CLOCK_MONOTONIC; 0: none, or soon */
	/* the kernel's half */
	bool armed; /* for an hour */
	int64_t kernel_period;
};

static struct object objects[OBJECTS];
static int table[NUMBERS], kernel[NUMBERS]; /* object, or -1 */
static uint64_t created;

#define SAME(o, what, got, want)                                                       \
	do {                                                                           \
		long long got_ = (long long)(got), want_ = (long long)(want);          \
		if (got_ != want_)                                                     \
			differ("%s of object %d (%s %llx): %lld, expected %lld", what, \
			       (int)((o)-objects), (o)->posix ? "posix" : "timerfd",   \
			       (unsigned long long)(o)->id, got_, want_);              \
	} while (0)

struct tally {
	uint64_t live, inherited, created, stopped, creators;
	const struct tl_timer *newest;
	uint64_t id;
	int kind;
};

static void tally_timer(const struct tl_chunk *chunk, const void *slot, void *data)
{
	const struct tl_timer *t = slot;
	struct tally *sum = data;

	(void)chunk;
	sum->live += t->state == TL_SLOT_LIVE;
	sum->inherited += t->state == TL_SLOT_INHERITED;
	if (t->state == TL_SLOT_LIVE && t->kind == sum->kind && t->id == sum->id &&
	    (!sum->newest || t->created > sum->newest->created))
		sum->newest = t;
}

static void tally_site(const struct tl_chunk *chunk, const void *slot, void *data)
{
	const struct tl_site *site = slot;
	struct tally *sum = data;

	(void)chunk;
	sum->created += site->created;
	sum->stopped += site->stopped;
}

static void tally_creator(const struct tl_chunk *chunk, const void *slot, void *data)
{
	const struct tl_creator *creator = slot;

	(void)chunk;
	((struct tally *)data)->creators += creator->state == TL_SLOT_LIVE ? creator->live : 0;
}

static struct tally tally(int kind, uint64_t id)
{
	struct tally sum = {.kind = kind, .id = id};

	each_slot(TL_CHUNK_TIMER, tally_timer, &sum);
	each_slot(TL_CHUNK_SITE, tally_site, &sum);
	each_slot(TL_CHUNK_CREATOR, tally_creator, &sum);
	return sum;
}

/* ---- comparison ----------------------------------------------------------------------------- */

static int refs(const int *map, const struct object *o)
{
	int n = 0;

	for (int i = 0; i < NUMBERS; i++)
		n += map[i] == o - objects;
	return n;
}

static bool in_table(const struct object *o)
{
	return o->used && (o->posix ? o->in_table : refs(table, o) > 0);
}

static bool in_kernel(const struct object *o)
{
	return o->used && (o->posix ? o->in_kernel : refs(kernel, o) > 0);
}

static void compare_slot(const struct object *o)
{
	const uint32_t made = TL_F_NONBLOCK | TL_F_CLOEXEC | TL_F_RAW | TL_F_INT_PLACE;
	const struct tl_timer *t = o->slot;
	const struct tl_timer_more *more = tl_timer_more(t);

	SAME(o, "state", t->state, TL_SLOT_LIVE);
	SAME(o, "kind", t->kind, o->posix ? TL_POSIX : TL_TIMERFD);
	SAME(o, "id", t->id, o->id);
	SAME(o, "clock", t->clock, o->clock);
	SAME(o, "flags of the create call", t->flags & made, o->flags);
	SAME(o, "arms", t->arms, o->arms);
	SAME(o, "disarms", more->disarms, o->disarms);
	SAME(o, "failed_sets", more->failed_sets, o->failed);
	SAME(o, "disarmed", (t->flags & TL_F_DISARMED) != 0, o->disarmed);
	SAME(o, "arm_failed", (t->flags & TL_F_ARM_FAILED) != 0, o->arm_failed);
	SAME(o, "interval", t->interval, o->period);
	SAME(o, "tid", t->tid, getpid());
	if (o->expiry)
		SAME(o, "expiry is near",
		     llabs((long long)(t->first_expiry / 1000000000) - o->expiry) < 60, 1);
	if (o->posix) {
		SAME(o, "notify", t->notify, o->notify);
		SAME(o, "signo", t->signo, o->signo);
		SAME(o, "place", t->place, (uintptr_t)o->place);
		SAME(o, "payload", t->payload, o->payload);
		return;
	}
	SAME(o, "refs", t->refs, refs(table, o));
	SAME(o, "drains", more->drains, o->drains);
	SAME(o, "eagain", more->eagain, o->eagain);
	SAME(o, "short_reads", more->short_reads, o->shorts);
}

static void compare_table(void)
{
	struct tally sum = tally(0, 0);
	uint64_t live = 0;

	for (struct object *o = objects; o < objects + OBJECTS; o++) {
		if (!in_table(o))
			continue;
		compare_slot(o);
		live++;
	}
	if (sum.live != live || sum.created != created || sum.created - sum.stopped != live ||
	    sum.creators != live)
		differ("slots %llu live, sites %llu - %llu, creators %llu; expected %llu live of "
		       "%llu",
		       (unsigned long long)sum.live, (unsigned long long)sum.created,
		       (unsigned long long)sum.stopped, (unsigned long long)sum.creators,
		       (unsigned long long)live, (unsigned long long)created);
	if (header->lost_timers || header->lost_stacks || header->lost_sites)
		differ("records were lost");
	if (header->end_state != TL_END_RUNNING)
		differ("the trace has ended");
}

/* Rows of /proc/self/timers: ids as the table would have them. -1: the kernel has no such file. */
static int read_timers(uint64_t *ids)
{
	unsigned long long id, pointer;
	char *text = slurp("/proc/self/timers");
	int n = 0, signo;

	for (char *line = text ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "ID: %llu", &id) == 1)
			ids[n++] = id;
		if (sscanf(line, "signal: %d/%llx", &signo, &pointer) == 2 && signo == 32)
			ids[n - 1] = 1ull << 63 | pointer >> 1;
	}
	return text ? n : -1;
}

static void compare_posix(void)
{
	uint64_t ids[OBJECTS * 2];
	int rows = read_timers(ids), want = 0;

	for (struct object *o = objects; rows >= 0 && o < objects + OBJECTS; o++) {
		struct itimerspec is;
		bool found = false;

		if (!o->posix || !in_kernel(o))
			continue;
		want++;
		for (int i = 0; i < rows; i++)
			found |= ids[i] == o->id;
		SAME(o, "shown by the kernel", found, true);
		if (o->thread || o->none)
			continue;
		SAME(o, "timer_gettime", RAW(SYS_timer_gettime, o->id, &is), 0);
		SAME(o, "armed", is.it_value.tv_sec > HOUR / 2, o->armed);
		SAME(o, "period", is.it_interval.tv_sec * 1000000000 + is.it_interval.tv_nsec,
		     o->kernel_period);
	}
	if (rows >= 0 && rows != want)
		differ("the kernel shows %d POSIX timers, expected %d", rows, want);
}

static long long span(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	long long sec = -1, ns = 0;

	return at && sscanf(at + strlen(key), " (%lld, %lld)", &sec, &ns) == 2
		   ? sec * 1000000000 + ns
		   : -1;
}

static void compare_fdinfo(struct object *o, int fd)
{
	char path[40], *text;
	int clock = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = slurp(path);
	MUST(text && strstr(text, "clockid:"));
	sscanf(strstr(text, "clockid:"), "clockid: %d", &clock);
	SAME(o, "clock in the kernel", clock, o->clock);
	SAME(o, "armed in the kernel", span(text, "it_value:") > HOUR / 2 * 1000000000, o->armed);
	SAME(o, "period in the kernel", span(text, "it_interval:"), o->kernel_period);
}

static void compare_fds(void)
{
	for (int fd = 3; fd < NUMBERS; fd++) {
		char path[40], target[40] = "";
		bool is;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		is = readlink(path, target, sizeof(target) - 1) > 0 &&
		     !strcmp(target, "anon_inode:[timerfd]");
		if (is != (kernel[fd] >= 0))
			differ("descriptor %d is %s timerfd", fd, is ? "a" : "no");
		if (is)
			compare_fdinfo(&objects[kernel[fd]], fd);
	}
}

static void compare(void)
{
	compare_table();
	compare_posix();
	compare_fds();
}

#endif
