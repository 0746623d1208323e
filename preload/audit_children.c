/* SPDX-License-Identifier: MIT */
/*
 * Timerfds that a process forked from this one still has.
 *
 * kcmp says whether two descriptors of two processes are one open file. Where it may not be called,
 * a timerfd of the same number, clock and interval in the child is taken for the same: a child that
 * closed the one and made its like at that number is a rare bird, and the error makes no leak.
 */
#include "audit_state.h"
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>

#define MAX_DEPTH     3
#define MAX_PROCESSES 256

struct process {
	uint32_t pid, depth;
	bool looked_at;
};

/* A descriptor of the child, with what is needed to compare it. */
struct other {
	uint32_t pid;
	int fd, fdinfo; /* fdinfo: directory of the child's */
};

static bool alike(struct tl_audit *a, const struct other *other, int own_fdinfo, int fd)
{
	struct tl_audit_timerfd own, theirs;

	return other->fd == fd && tl_audit_timerfd_info(a, own_fdinfo, fd, &own) &&
	       tl_audit_timerfd_info(a, other->fdinfo, fd, &theirs) && own.clock == theirs.clock &&
	       own.interval == theirs.interval && own.settime_flags == theirs.settime_flags;
}

static bool same_file(struct tl_audit *a, const struct other *other, int own_fdinfo, int fd)
{
	if (!a->kcmp)
		return alike(a, other, own_fdinfo, fd);
	return tl_syscall(SYS_kcmp, a->tid, other->pid, KCMP_FILE, fd, other->fd, 0) == 0;
}

static struct tl_audit_mark *open_question(struct tl_audit *a, uint32_t index)
{
	struct tl_audit_mark *mark;

	if (!tl_audit_slot(a, index, TL_TIMERFD, &mark) || mark->fd < 0 ||
	    mark->facts & (TL_FACT_BLOCKED_ON | TL_FACT_IN_CHILD))
		return NULL;
	return mark;
}

/* The child has it under our number, unless it moved it. */
static uint32_t match_numbers(struct tl_audit *a, struct other *other, int own_fdinfo)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark = open_question(a, i);

		if (!mark)
			continue;
		other->fd = mark->fd;
		if (same_file(a, other, own_fdinfo, mark->fd))
			mark->facts |= TL_FACT_IN_CHILD;
		else
			left++;
		if (i % 256 == 255 && tl_audit_late(a))
			return 0;
	}
	return left;
}

static void match_one(struct tl_audit *a, const struct other *other)
{
	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark = open_question(a, i);

		if (!mark || !same_file(a, other, -1, mark->fd))
			continue;
		mark->facts |= TL_FACT_IN_CHILD;
		return;
	}
}

static void match_moved(struct tl_audit *a, struct other *other)
{
	const char *name;
	uint64_t fd;

	tl_format(a->path, sizeof(a->path), "/proc/%u/fd", other->pid);
	if (!tl_dir_open(&a->dir, a->path))
		return;
	while ((name = tl_dir_next(&a->dir)) != NULL && !tl_audit_late(a)) {
		if (!tl_audit_is_timerfd(a->dir.fd, name) || !tl_parse_u64(&name, 10, &fd))
			continue;
		other->fd = (int)fd;
		match_one(a, other);
	}
	tl_dir_close(&a->dir);
}

static void look_at(struct tl_audit *a, uint32_t pid)
{
	struct other other = {pid, -1, -1};
	int own = -1;

	tl_format(a->path, sizeof(a->path), "/proc/%u/fdinfo", pid);
	other.fdinfo = tl_sys_open(a->path, O_RDONLY | O_DIRECTORY, 0);
	if (other.fdinfo < 0)
		return;
	if (!a->kcmp)
		own = tl_audit_open(a, "fdinfo", O_RDONLY | O_DIRECTORY);
	if (match_numbers(a, &other, own) > 0 && a->kcmp)
		match_moved(a, &other);
	tl_sys_close(other.fdinfo);
	if (own >= 0)
		tl_sys_close(own);
}

static void add_process(struct tl_audit_list *list, uint64_t pid, uint32_t depth)
{
	struct process *p = list->items;

	for (size_t i = 0; i < list->used; i++)
		if (p[i].pid == pid)
			return;
	p = list->used < MAX_PROCESSES ? tl_audit_push(list, sizeof(*p)) : NULL;
	if (p)
		*p = (struct process){(uint32_t)pid, depth, false};
}

static void add_children(struct tl_audit *a, struct tl_audit_list *list, struct process of)
{
	const char *task;

	tl_format(a->path, sizeof(a->path), "/proc/%u/task", of.pid);
	if (of.depth == MAX_DEPTH || !tl_dir_open(&a->dir, a->path))
		return;
	while ((task = tl_dir_next(&a->dir)) != NULL) {
		const char *s;
		uint64_t pid;

		tl_format(a->path, sizeof(a->path), "/proc/%u/task/%s/children", of.pid, task);
		s = tl_audit_field(a, a->path, "");
		for (; s && tl_parse_u64(&s, 10, &pid); s += *s == ' ')
			add_process(list, pid, of.depth + 1);
	}
	tl_dir_close(&a->dir);
}

/* A child that has ended left its own children to somebody else: they are found by looking at all
 * processes that came after us. */
static void add_later_processes(struct tl_audit *a, struct tl_audit_list *list)
{
	const char *name;
	uint64_t pid;

	if (!tl_dir_open(&a->dir, "/proc"))
		return;
	while ((name = tl_dir_next(&a->dir)) != NULL)
		if (tl_parse_u64(&name, 10, &pid) && pid > (uint64_t)tl_sys_getpid())
			add_process(list, pid, MAX_DEPTH);
	tl_dir_close(&a->dir);
}

static bool any_question(struct tl_audit *a)
{
	for (uint32_t i = 0; i < a->count; i++)
		if (open_question(a, i))
			return true;
	return false;
}

static void look_at_all(struct tl_audit *a, struct tl_audit_list *list)
{
	for (size_t i = 0; i < list->used && any_question(a) && !tl_audit_late(a); i++) {
		struct process p = ((struct process *)list->items)[i];

		if (p.pid == 0 || p.looked_at)
			continue;
		((struct process *)list->items)[i].looked_at = true;
		look_at(a, p.pid);
		add_children(a, list, p);
	}
}

void tl_audit_children(struct tl_audit *a)
{
	uint32_t n = tl_load(&a->header->children);
	struct tl_audit_list list = {0};

	if (n > TL_ARRAY_LEN(a->header->child_pids))
		n = TL_ARRAY_LEN(a->header->child_pids);
	for (uint32_t i = 0; i < n; i++)
		add_process(&list, tl_load(&a->header->child_pids[i]), 1);
	/* One that was forked just now has not told us yet. */
	if (any_question(a))
		add_children(a, &list, (struct process){(uint32_t)tl_sys_getpid(), 0, true});
	look_at_all(a, &list);
	/* Without kcmp any program's timerfd would do. */
	if (n > 0 && a->kcmp && any_question(a)) {
		add_later_processes(a, &list);
		look_at_all(a, &list);
	}
	tl_audit_list_free(&list);
}
