/* SPDX-License-Identifier: MIT */
#include "holders.h"
#include "audit_state.h"
#include "modules.h"

/* Farthest that a frame of a thread may lie below its thread pointer: glibc puts a thread's stack
 * and its TLS into one mapping, and the default stack has 8 MiB. */
#define STACK_REACH ((uint64_t)8 << 20)

static bool still_holds(struct tl_audit *a, const struct tl_timer *t)
{
	uint64_t value = 0;

	if (t->place == 0)
		return false;
	if (tl_load(&t->flags) & TL_F_INT_PLACE) {
		uint32_t small;

		return tl_audit_peek(a, t->place, &small, sizeof(small)) &&
		       small == (uint32_t)t->id;
	}
	return tl_audit_peek(a, t->place, &value, sizeof(value)) && value == t->id;
}

/* Static TLS lies below the thread pointer on x86-64 (variant II), above it and a two-word head on
 * aarch64 (variant I); see "ELF Handling For Thread-Local Storage". */
static bool in_tls_of(uint64_t place, uint64_t tp)
{
	uint64_t size = tl_modules_static_tls();

#if defined(__x86_64__)
	return place < tp && tp - place <= size;
#else
	return place >= tp + 16 && place - tp - 16 < size;
#endif
}

static bool creator_lives(struct tl_audit *a, const struct tl_timer *t)
{
	const struct tl_task *task;

	if (t->tid == a->tid)
		return t->creator_tp == (uint64_t)(uintptr_t)__builtin_thread_pointer();
	task = tl_audit_task(a, t->tid);
	return task && (task->state != TL_TASK_UNREADABLE || !(a->evidence & TL_EV_TASKS));
}

/* Fixed storage; true if the question is settled. */
static bool find_fixed(struct tl_audit *a, const struct tl_timer *t, struct tl_audit_mark *mark)
{
	if (tl_modules_static(t->place, &mark->holder_module, &mark->holder_offset)) {
		mark->holder = TL_HOLDER_STATIC;
		return true;
	}
	/* A variable in TLS is written by its own thread, in nearly every program. */
	if (t->creator_tp == 0 || !creator_lives(a, t) || !in_tls_of(t->place, t->creator_tp))
		return false;
	mark->holder = TL_HOLDER_TLS;
	mark->holder_tid = t->tid;
	return true;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Stacks may share a mapping when they have no guard: the nearest stack pointer below decides.
 * Leaf functions use 128 bytes below it on x86-64 (the red zone of the psABI). */
static const struct tl_task *owner_of_frame(const struct tl_audit *a, uint64_t place)
{
	const struct tl_task *tasks = a->tasks.items, *best = NULL;
	uint64_t own = (uint64_t)(uintptr_t)__builtin_frame_address(0);

	for (size_t i = 0; i < a->tasks.used; i++) {
		const struct tl_task *task = &tasks[i];

		if (place >= task->stack_high || place + 128 < task->sp || !tl_task_has_sp(task))
			continue;
		if (!best || task->sp > best->sp)
			best = task;
	}
	return best && own > best->sp && own <= place ? NULL : best;
}

/* Nor is it known when the kernel shows no thread's registers, as to a process that dropped its
 * privileges and is not dumpable since. */
static bool on_running_creator(struct tl_audit *a, const struct tl_timer *t)
{
	const struct tl_task *task = tl_audit_task(a, t->tid);
	bool unknown = task && (task->state == TL_TASK_RUNNING || !(a->evidence & TL_EV_TASKS));

	return unknown && t->place < t->creator_tp && t->creator_tp - t->place < STACK_REACH;
}

/* The stack of a thread that ended goes to the next one as it was, dead handles included. */
static bool was_another_stack(const struct tl_task *task, const struct tl_timer *t)
{
	return task->tp != 0 && task->tp == t->creator_tp && task->tid != t->tid;
}

static void find_frame(struct tl_audit *a, const struct tl_timer *t, struct tl_audit_mark *mark)
{
	const struct tl_task *task = owner_of_frame(a, t->place);

	if (task && was_another_stack(task, t))
		return;
	if (task)
		mark->holder_tid = task->tid;
	else if (on_running_creator(a, t))
		mark->holder_tid = t->tid;
	else
		return;
	mark->holder = TL_HOLDER_FRAME;
}

static struct tl_timer *slot_with_place(struct tl_audit *a, uint32_t index,
					struct tl_audit_mark **mark)
{
	struct tl_timer *t = tl_audit_slot(a, index, TL_POSIX, mark);

	return t && !((*mark)->facts & TL_FACT_GONE) && still_holds(a, t) ? t : NULL;
}

void tl_holders_find(struct tl_audit *a)
{
	struct tl_audit_mark *mark;
	const struct tl_timer *t;
	bool open = false;

	for (uint32_t i = 0; i < a->count; i++) {
		t = slot_with_place(a, i, &mark);
		if (t)
			mark->holds = true;
		if (t && !find_fixed(a, t, mark))
			open = true;
		if (i % 256 == 255 && tl_audit_late(a))
			return;
	}
	if (open && a->tasks.used > 0 && tl_audit_stacks(a))
		for (uint32_t i = 0; i < a->count; i++) {
			t = slot_with_place(a, i, &mark);
			if (t && mark->holder == TL_HOLDER_NONE)
				find_frame(a, t, mark);
		}
	a->evidence |= TL_EV_HOLDERS;
}
