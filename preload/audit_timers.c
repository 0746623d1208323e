/* SPDX-License-Identifier: MIT */
/*
 * POSIX timers as the kernel shows them: /proc/self/timers (man 5 proc_pid_timers).
 *
 * ID is the timer_t of all timers but glibc's SIGEV_THREAD ones. Those notify by signal 32 with a
 * pointer to glibc's own record; the timer_t is that pointer, shifted right by one, with the top
 * bit set (measured with glibc 2.36; another encoding is noticed, and matched by number). A timer
 * made through the API of glibc 2.2.5 has an index of glibc's for its timer_t, which no row shows:
 * such timers are matched by their number.
 */
#include "audit_state.h"
#include "registry.h"
#include "sink.h"
#include <sys/syscall.h>

#define GLIBC_SIGTIMER 32
#define THREAD_ID_BIT  ((uint64_t)1 << 63)

struct row {
	uint64_t id;
	uint64_t pointer;
	uint64_t signal;
};

/* What one reading of the file found. */
struct pass {
	struct tl_audit_list *unknown;		    /* ids without a slot */
	const struct tl_audit_list *unknown_before; /* ...of the pass before; NULL in the first */
	size_t cursor;
	uint32_t strangers;	  /* rows without a slot, in this pass and the one before */
	uint32_t strange_threads; /* of these, with glibc's signal */
	uint32_t emulated;	  /* of these, with an id that no call knows */
};

static bool next_row(struct tl_audit *a, struct row *row)
{
	const char *s;

	for (char *line; (line = tl_lines_next(&a->lines)) != NULL;) {
		s = line;
		if (tl_starts(line, "ID: ")) {
			s += 4;
			row->signal = row->pointer = 0;
			if (!tl_parse_u64(&s, 10, &row->id))
				return false;
		} else if (tl_starts(line, "signal: ")) {
			s += 8;
			if (tl_parse_u64(&s, 10, &row->signal) && *s++ == '/')
				tl_parse_u64(&s, 16, &row->pointer);
		} else if (tl_starts(line, "ClockID:"))
			return true;
	}
	return false;
}

/* A raw call writes an int too, but that is the kernel's id. */
static bool matched_by_number(const struct tl_timer *t)
{
	return (tl_load(&t->flags) & (TL_F_INT_PLACE | TL_F_RAW)) == TL_F_INT_PLACE;
}

static uint64_t id_of(uint64_t id, uint64_t signal, uint64_t pointer)
{
	return signal == GLIBC_SIGTIMER ? THREAD_ID_BIT | pointer >> 1 : id;
}

uint32_t tl_audit_posix_slot(uint64_t id, uint64_t signal, uint64_t pointer)
{
	uint32_t slot = tl_registry_find_posix(id_of(id, signal, pointer));
	const struct tl_timer *t = slot == TL_NONE ? NULL : tl_sink_timer(slot);

	if (!t || (signal == GLIBC_SIGTIMER) != (t->notify == TL_NOTIFY_THREAD) ||
	    matched_by_number(t))
		return TL_NONE;
	return slot;
}

static bool mark_seen(struct tl_audit *a, uint64_t id, bool thread)
{
	struct tl_audit_mark *mark;
	uint32_t slot = tl_registry_find_posix(id);
	const struct tl_timer *t;

	if (slot == TL_NONE)
		return false;
	if (slot >= a->count)
		return true; /* made since the audit began */
	t = tl_audit_slot(a, slot, TL_POSIX, &mark);
	if (!t)
		return true; /* being deleted, or made anew: in good hands */
	if (thread != (t->notify == TL_NOTIFY_THREAD) || matched_by_number(t))
		return false;
	mark->facts |= TL_FACT_SEEN;
	return true;
}

/* Both passes list the rows in one order, so the search goes on from the last hit. */
static bool was_unknown(struct pass *pass, uint64_t id)
{
	const uint64_t *ids = pass->unknown_before->items;
	size_t n = pass->unknown_before->used;

	for (size_t i = 0; i < n; i++) {
		size_t at = (pass->cursor + i) % n;

		if (ids[at] == id) {
			pass->cursor = at + 1;
			return true;
		}
	}
	return false;
}

/* The ids of an emulator are its own: no row has them, but a call does. */
static bool is_alive(uint64_t id)
{
	struct itimerspec left;

	return tl_syscall(SYS_timer_gettime, (long)id, (long)&left, 0, 0, 0, 0) != -EINVAL;
}

static void take_row(struct tl_audit *a, struct pass *pass, const struct row *row)
{
	bool thread = row->signal == GLIBC_SIGTIMER;
	uint64_t *id;

	if (mark_seen(a, id_of(row->id, row->signal, row->pointer), thread))
		return;
	if (pass->unknown_before) {
		if (!was_unknown(pass, row->id))
			return;
		pass->strangers++;
		pass->strange_threads += thread;
		pass->emulated += !a->filtered && !is_alive(row->id);
		return;
	}
	id = tl_audit_push(pass->unknown, sizeof(*id));
	if (id)
		*id = row->id;
}

static bool read_timers(struct tl_audit *a, struct pass *pass)
{
	struct row row = {0};
	uint32_t n = 0;
	bool whole = true;

	if (!tl_lines_open(&a->lines, "/proc/self/timers"))
		return false;
	while (whole && next_row(a, &row)) {
		take_row(a, pass, &row);
		whole = ++n % 64 != 0 || !tl_audit_late(a);
	}
	tl_lines_close(&a->lines);
	return whole;
}

/* Slots without a row so far. */
struct unseen {
	uint32_t all, by_number, thread;
	uint32_t alive;		   /* of the others, those that the kernel knows all the same */
	bool thread_seen, id_seen; /* others of the kind have rows */
};

static struct unseen count_unseen(struct tl_audit *a)
{
	struct unseen unseen = {0};

	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark;
		const struct tl_timer *t = tl_audit_slot(a, i, TL_POSIX, &mark);

		if (!t)
			continue;
		if (mark->facts & TL_FACT_SEEN) {
			if (t->notify == TL_NOTIFY_THREAD)
				unseen.thread_seen = true;
			else
				unseen.id_seen = true;
			continue;
		}
		unseen.all++;
		if (matched_by_number(t))
			unseen.by_number++;
		else if (t->notify == TL_NOTIFY_THREAD)
			unseen.thread++;
		else if (!a->filtered)
			unseen.alive += is_alive(t->id);
	}
	return unseen;
}

/* The facts that follow for slots without a row of their own. */
struct fate {
	uint32_t thread, by_number, plain;
};

static uint32_t plain_fate(struct tl_audit *a, const struct fate *fate, const struct tl_timer *t)
{
	if (a->filtered)
		return fate->plain;
	return is_alive(t->id) ? TL_FACT_SEEN : TL_FACT_GONE;
}

static void settle_unseen(struct tl_audit *a, const struct fate *fate)
{
	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark;
		const struct tl_timer *t = tl_audit_slot(a, i, TL_POSIX, &mark);

		if (!t || mark->facts & TL_FACT_SEEN)
			continue;
		if (matched_by_number(t))
			mark->facts |= fate->by_number;
		else if (t->notify == TL_NOTIFY_THREAD)
			mark->facts |= fate->thread;
		else
			mark->facts |= plain_fate(a, fate, t);
	}
}

/* n rows for so many slots, and no way to tell which is whose: all, none, or not known. */
static uint32_t fate_by_number(uint32_t rows, uint32_t slots)
{
	if (rows >= slots)
		return TL_FACT_SEEN;
	return rows == 0 ? TL_FACT_GONE : 0;
}

static void take(uint32_t *rows, uint32_t slots)
{
	*rows -= *rows < slots ? *rows : slots;
}

static void conclude(struct tl_audit *a, const struct pass *pass)
{
	struct unseen unseen = count_unseen(a);
	struct fate fate = {TL_FACT_GONE, TL_FACT_GONE, TL_FACT_GONE};
	uint32_t rows = pass->strangers;

	/* Not one of many fits: glibc's encoding is another than the one we know. */
	if (unseen.thread > 0 && !unseen.thread_seen && pass->strange_threads > 0) {
		fate.thread = fate_by_number(pass->strange_threads, unseen.thread);
		take(&rows,
		     pass->strange_threads < unseen.thread ? pass->strange_threads : unseen.thread);
	}
	take(&rows, unseen.alive);
	/* Unasked, an emulator's id may have any row that is left, unless some id was the kernel's.
	 */
	if (!unseen.id_seen && rows > 0)
		fate.plain = 0;
	/* In its rows signals have other numbers. */
	if (pass->emulated > 0 && !unseen.thread_seen && pass->strange_threads == 0) {
		fate.thread = fate_by_number(rows, unseen.thread);
		take(&rows, unseen.thread);
	}
	fate.by_number = fate_by_number(rows, unseen.by_number);
	take(&rows, unseen.by_number);
	a->header->untracked_posix = rows;
	settle_unseen(a, &fate);
}

/* A thread that lost the processor in the midst of a create or a delete leaves a row that no slot
 * knows, for as long as it has to wait for its turn. */
static bool read_again(struct tl_audit *a, struct pass *pass)
{
	const struct pass fresh = *pass;

	for (int i = 0; i < TL_AUDIT_PATIENCE; i++) {
		struct pass next = fresh;

		tl_audit_settle();
		if (!read_timers(a, &next))
			return i > 0; /* what was read before is not worse */
		*pass = next;
		if (pass->strangers == 0 || tl_registry_inflight() == 0)
			break;
	}
	return true;
}

void tl_audit_timers(struct tl_audit *a)
{
	struct tl_audit_list unknown = {0};
	struct pass first = {.unknown = &unknown};
	struct pass second = {.unknown_before = &unknown};

	a->header->untracked_posix = 0;
	if (!read_timers(a, &first)) {
		tl_sink_note(TL_NOTE_AUDIT, "/proc/self/timers could not be read: POSIX timers "
					    "were not compared with the kernel's");
		return;
	}
	/* In the midst of a create or a delete the two differ for a moment: look once more. */
	if (unknown.used > 0 || count_unseen(a).all > 0) {
		if (!read_again(a, &second)) {
			tl_audit_list_free(&unknown);
			return;
		}
		conclude(a, &second);
	}
	tl_audit_list_free(&unknown);
	a->evidence |= TL_EV_TIMERS;
}
