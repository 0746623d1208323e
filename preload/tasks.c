/* SPDX-License-Identifier: MIT */
#include "tasks.h"
#include "sys.h"
#include <fcntl.h>
#include <sys/syscall.h>

static bool next_hex(const char **s, uint64_t *value)
{
	while (**s == ' ')
		(*s)++;
	if (!tl_starts(*s, "0x"))
		return false;
	*s += 2;
	return tl_parse_u64(s, 16, value);
}

void tl_task_parse(struct tl_task *task, const char *s)
{
	uint64_t nr, pc;
	bool negative;

	task->state = TL_TASK_UNREADABLE;
	if (tl_starts(s, "running")) {
		task->state = TL_TASK_RUNNING;
		return;
	}
	if (!tl_parse_i64(&s, &nr, &negative))
		return;
	task->nr = negative ? -1 : (long)nr;
	for (int i = 0; !negative && i < 6; i++)
		if (!next_hex(&s, &task->args[i]))
			return;
	/* A main thread that ended by pthread_exit stays as a zombie, without registers. */
	if (next_hex(&s, &task->sp) && next_hex(&s, &pc) && task->sp != 0)
		task->state = negative ? TL_TASK_STOPPED : TL_TASK_SYSCALL;
}

void tl_task_look(struct tl_task *task)
{
	char path[48], text[256];
	ssize_t n;
	int fd;

	task->state = TL_TASK_UNREADABLE;
	tl_format(path, sizeof(path), "/proc/self/task/%u/syscall", task->tid);
	fd = tl_sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return;
	n = tl_sys_read(fd, text, sizeof(text) - 1);
	tl_sys_close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	tl_task_parse(task, text);
}

static uint64_t robust_list(uint32_t tid)
{
	uint64_t head = 0;
	size_t size;

	if (tl_syscall(SYS_get_robust_list, tid, (long)&head, (long)&size, 0, 0, 0))
		return 0;
	return head;
}

uint64_t tl_task_thread_pointer(uint32_t tid)
{
	uint64_t own = robust_list(0), other = robust_list(tid);

	return own && other ? other - own + (uint64_t)(uintptr_t)__builtin_thread_pointer() : 0;
}
