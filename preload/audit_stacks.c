/* SPDX-License-Identifier: MIT */
/* Where the stacks of the other threads lie, by the mappings that hold their stack pointers. */
#include "audit_state.h"

struct tl_task *tl_audit_task(struct tl_audit *a, uint32_t tid)
{
	struct tl_task *tasks = a->tasks.items;

	for (size_t i = 0; i < a->tasks.used; i++)
		if (tasks[i].tid == tid)
			return &tasks[i];
	return NULL;
}

/* Of a thread that runs only its record is known, which lies at the upper end of its stack. */
static void take_mapping(struct tl_task *task, uint64_t low, uint64_t high)
{
	uint64_t at = tl_task_has_sp(task) ? task->sp : task->tp;

	if (!at || at < low || at >= high)
		return;
	task->stack_low = low;
	/* The kernel merges neighbours: what lies above a thread's record is none of it. */
	task->stack_high = at <= task->tp && task->tp < high ? task->tp : high;
}

static bool find_stacks(struct tl_audit *a)
{
	struct tl_task *tasks = a->tasks.items;
	uint32_t n = 0;
	bool whole = true;

	if (!tl_audit_open_lines(a, "maps"))
		return false;
	for (size_t i = 0; i < a->tasks.used; i++)
		tasks[i].tp = tl_task_thread_pointer(tasks[i].tid);
	for (const char *s; whole && (s = tl_lines_next(&a->lines)) != NULL;) {
		uint64_t low, high;

		if (tl_parse_u64(&s, 16, &low) && *s++ == '-' && tl_parse_u64(&s, 16, &high))
			for (size_t i = 0; i < a->tasks.used; i++)
				take_mapping(&tasks[i], low, high);
		whole = ++n % 256 != 0 || !tl_audit_late(a);
	}
	tl_lines_close(&a->lines);
	return whole;
}

bool tl_audit_stacks(struct tl_audit *a)
{
	if (a->stacks == TL_AUDIT_NOT_ASKED)
		a->stacks = find_stacks(a) ? TL_AUDIT_KNOWN : TL_AUDIT_UNKNOWN;
	return a->stacks == TL_AUDIT_KNOWN;
}
