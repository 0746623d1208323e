/* SPDX-License-Identifier: MIT */
/*
 * tasks.h - what a thread of this process is doing now: its system call and stack pointer.
 *
 * From /proc/self/task/TID/syscall (man 5 proc_pid_syscall), which shows registers only while the
 * thread is off the processor. A snapshot: the thread may go on at any time. Async-signal-safe.
 */
#ifndef TL_TASKS_H
#define TL_TASKS_H

#include "base.h"

enum tl_task_state {
	TL_TASK_UNREADABLE = 0, /* no such thread any more, or no such file */
	TL_TASK_RUNNING,	/* on a processor: nothing is known */
	TL_TASK_STOPPED,	/* off it, not in a system call: sp is valid */
	TL_TASK_SYSCALL,	/* in a system call: nr, args and sp are valid */
};

struct tl_task {
	uint32_t tid;
	enum tl_task_state state;
	long nr;
	uint64_t args[6];
	uint64_t sp;
	uint64_t tp;			/* thread pointer, 0 if it is not known */
	uint64_t stack_low, stack_high; /* what holds sp, if somebody looked; else 0 */
};

static inline bool tl_task_has_sp(const struct tl_task *task)
{
	return task->state == TL_TASK_STOPPED || task->state == TL_TASK_SYSCALL;
}

/* Fills in all but tid, tp and the stack. */
void tl_task_look(struct tl_task *task);
/* The same from the file's text. */
void tl_task_parse(struct tl_task *task, const char *text);

/* The thread pointer of another thread: its robust list lies in the C library's record of it, as
 * far from the thread pointer as our own does (man 2 get_robust_list). 0: not known. */
uint64_t tl_task_thread_pointer(uint32_t tid);

#endif
