/* SPDX-License-Identifier: MIT */
/*
 * Storage that counts: data and bss of loaded objects, and of each living thread the active part of
 * the stack, thread-local storage, the libc's record of the thread and what is known of its
 * registers. Of the thread that ends the process the frames from the caller of exit() on.
 */
#include "modules.h"
#include "reach_state.h"

/* struct pthread of glibc 2.36 has 2304 bytes on x86-64; what lies behind it is never far. */
#define THREAD_RECORD 2304u
#define RED_ZONE      128u /* of leaf functions, below the stack pointer (psABI of x86-64) */
#define DTV_MOST      65536u

void tl_reach_push(struct tl_audit_list *list, uintptr_t from, uintptr_t to, bool shared)
{
	struct tl_reach_range *range;

	if (from >= to || list->used == list->capacity)
		return;
	range = tl_audit_push(list, sizeof(*range));
	if (range)
		*range = (struct tl_reach_range){from, to, shared};
}

/* libunwind keeps what it saw in registers and on stacks. */
static void push_modules(struct tl_reach *r)
{
	uintptr_t start, end;
	uint32_t flags;

	for (uint32_t i = 0; tl_modules_writable(i, &start, &end, &flags); i++)
		if (end && !(flags & (TL_MOD_SHIM | TL_MOD_UNWIND)))
			tl_reach_push(&r->roots, start, end, false);
}

/* ---- threads -------------------------------------------------------------------------------- */

/* The vector of a thread's TLS blocks: pairs of words, the number of them before it (glibc,
 * sysdeps/generic/dl-dtv.h). Blocks of libraries that were loaded late are allocated. */
static void push_dtv(struct tl_reach *r, uintptr_t tp)
{
	uintptr_t dtv = 0, count = 0;
#if defined(__aarch64__)
	const uintptr_t at = tp; /* TLS variant I: the first word of the head */
#else
	const uintptr_t at = tp + 8; /* tcbhead_t.dtv */
#endif

	if (tl_audit_peek(r->a, at, &dtv, sizeof(dtv)) && dtv &&
	    tl_audit_peek(r->a, dtv - 16, &count, sizeof(count)) && count < DTV_MOST)
		tl_reach_push(&r->roots, dtv, dtv + (count + 1) * 16, false);
}

static void push_thread_data(struct tl_reach *r, uintptr_t tp)
{
	uintptr_t tls = tl_modules_static_tls();

	if (!tp)
		return;
#if defined(__aarch64__) /* the record lies below the head, the storage above it */
	tl_reach_push(&r->roots, tp - THREAD_RECORD, tp + 16 + tls, false);
#else
	tl_reach_push(&r->roots, tp - tls, tp + THREAD_RECORD, false);
#endif
	push_dtv(r, tp);
}

/* What is known of a thread that runs is where its stack ends: all of it may be in use. */
static void push_task(struct tl_reach *r, const struct tl_task *task)
{
	uintptr_t registers = (uintptr_t)task->args;

	push_thread_data(r, task->tp);
	if (!tl_task_has_sp(task)) {
		tl_reach_push(&r->roots, task->stack_low, task->stack_high, false);
		return;
	}
	tl_reach_push(&r->roots, task->sp - RED_ZONE, task->stack_high, false);
	if (task->state == TL_TASK_SYSCALL)
		tl_reach_push(&r->roots, registers, registers + sizeof(task->args), false);
	/* Below, what its calls left behind is dead. */
	tl_reach_push(&r->holes, task->stack_low, task->sp - RED_ZONE, false);
}

static void push_tasks(struct tl_reach *r)
{
	const struct tl_task *tasks = r->a->tasks.items;

	for (size_t i = 0; i < r->a->tasks.used; i++)
		push_task(r, &tasks[i]);
}

static void push_caller(struct tl_reach *r)
{
	uintptr_t registers = (uintptr_t)r->caller.registers;
	uintptr_t low, high;

	push_thread_data(r, r->thread_pointer);
	if (!tl_reach_mapping(r, r->caller.sp, &low, &high))
		return;
	tl_reach_push(&r->roots, r->caller.sp, high, false);
	tl_reach_push(&r->holes, low, r->caller.sp, false);
	tl_reach_push(&r->roots, registers, registers + sizeof(r->caller.registers), false);
}

bool tl_reach_roots(struct tl_reach *r)
{
	push_modules(r);
	push_caller(r);
	push_tasks(r);
	return true;
}
