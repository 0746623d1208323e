/* SPDX-License-Identifier: MIT */
/*
 * Timerfds as the kernel shows them: /proc/thread-self/fd and fdinfo (man 5 proc_pid_fdinfo).
 *
 * One fstat for each descriptor of the process, one readlink where that leaves a doubt, and one
 * fdinfo for each tracked timer. `ticks` is a boolean: a periodic timer that is 20 periods late
 * shows 1. timerfd_gettime would be cheaper, but restarts a periodic timer that nobody read, which
 * somebody could observe who shares it: it is left to those that seem to be read by nobody.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "registry.h"
#include "sink.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define MOST_UNLISTED (1 << 20)

static enum tl_audit_fd_kind kind_of(const char *target)
{
	if (tl_streq(target, "anon_inode:[eventpoll]"))
		return TL_AUDIT_EPOLL;
	if (tl_streq(target, "anon_inode:[signalfd]"))
		return TL_AUDIT_SIGNALFD;
	if (tl_streq(target, "anon_inode:[io_uring]"))
		return TL_AUDIT_RING;
	return tl_streq(target, "anon_inode:[timerfd]") ? TL_AUDIT_STRANGER : 0;
}

static void keep_fd(struct tl_audit *a, int fd, enum tl_audit_fd_kind kind)
{
	struct tl_audit_fd *item = tl_audit_push(&a->fds, sizeof(*item));

	if (item)
		*item = (struct tl_audit_fd){fd, kind, 0};
	if (kind == TL_AUDIT_STRANGER)
		tl_audit_allow(a, 1);
}

static void take_timerfd(struct tl_audit *a, int fd)
{
	uint32_t slot = tl_fdmap_slot(fd);
	struct tl_audit_mark *mark = tl_audit_fd_mark(a, fd);

	if (mark) {
		mark->facts |= TL_FACT_SEEN;
		if (mark->fd < 0)
			mark->fd = fd;
	} else if (slot == TL_NONE)
		keep_fd(a, fd, TL_AUDIT_STRANGER);
	/* else made since the audit began, or being closed: in good hands */
}

/* Sockets, pipes and devices, of which a server has thousands, are told by a cheap question; files
 * of anonymous inodes have no type there, or that of a plain file. */
static bool may_be_anonymous(int fd)
{
	uint32_t type;

	return !tl_sys_fd_type(fd, &type) || !type || type == S_IFREG;
}

/* What cannot be asked (a filter, a security module) is no answer: it may be a timerfd. */
static bool is_answer(ssize_t length)
{
	return length >= 0 || length == -ENOENT || length == -ENAMETOOLONG;
}

/* false: what it is cannot be learnt. */
static bool take_fd(struct tl_audit *a, const char *name)
{
	enum tl_audit_fd_kind kind;
	const char *s = name;
	char target[32];
	uint64_t fd;
	ssize_t length;

	if (!tl_parse_u64(&s, 10, &fd) || !may_be_anonymous((int)fd))
		return true;
	length = tl_sys_readlinkat(a->dir.fd, name, target, sizeof(target));
	kind = length > 0 ? kind_of(target) : 0;
	if (kind == TL_AUDIT_STRANGER)
		take_timerfd(a, (int)fd);
	else if (kind)
		keep_fd(a, (int)fd, kind);
	return is_answer(length);
}

static void note_unread(const char *what)
{
	char text[100];

	tl_format(text, sizeof(text),
		  "%s could not be read: timerfds were not compared with the kernel's", what);
	tl_sink_note(TL_NOTE_AUDIT, text);
}

static bool scan_fds(struct tl_audit *a)
{
	const char *name;
	uint64_t n = 0;
	bool whole = true;

	while (whole && (name = tl_dir_next(&a->dir)) != NULL) {
		if (!take_fd(a, name)) {
			note_unread("the links in /proc/self/fd");
			return false;
		}
		whole = ++n % 256 != 0 || !tl_audit_late(a);
	}
	/* Two of them are the audit's own: this directory and the mem file. */
	a->header->nofile_used = n - 1 - (a->mem >= 0);
	return whole;
}

/* A descriptor that another thread made by dup while the directory was read. */
static void find_missed(struct tl_audit *a)
{
	for (int fd = tl_fdmap_next(0); fd >= 0; fd = tl_fdmap_next(fd + 1)) {
		struct tl_audit_mark *mark = tl_audit_fd_mark(a, fd);
		char name[16];

		if (!mark || mark->facts & TL_FACT_SEEN)
			continue;
		tl_format(name, sizeof(name), "%d", fd);
		if (tl_audit_is_timerfd(a->dir.fd, name)) {
			mark->facts |= TL_FACT_SEEN;
			mark->fd = fd;
		}
	}
}

static bool is_seen(struct tl_audit *a, uint32_t index)
{
	return a->marks[index].facts & TL_FACT_SEEN;
}

static bool all_seen(struct tl_audit *a)
{
	struct tl_audit_mark *mark;

	for (uint32_t i = 0; i < a->count; i++)
		if (tl_audit_slot(a, i, TL_TIMERFD, &mark) && !is_seen(a, i))
			return false;
	return true;
}

static void mark_gone(struct tl_audit *a)
{
	struct tl_audit_mark *mark;

	for (uint32_t i = 0; i < a->count; i++)
		if (tl_audit_slot(a, i, TL_TIMERFD, &mark) && !is_seen(a, i))
			mark->facts |= TL_FACT_GONE;
}

/* ---- state ------------------------------------------------------------------------------------
 */

/* What it is set to is not what the hooks saw it set to. */
static bool set_unseen(const struct tl_timer *t, const struct tl_audit_timerfd *info)
{
	bool armed = t->arms > 0 && !(tl_load(&t->flags) & TL_F_DISARMED);

	if (info->value > 0 || info->ticks > 0)
		return !armed || info->interval != t->interval;
	return false;
}

/* The clock never changes: another one means another timer, made where ours was closed unseen. */
static bool is_its_clock(const struct tl_timer *t, const struct tl_audit_timerfd *info)
{
	return t->state != TL_SLOT_LIVE || info->clock == t->clock;
}

static void take_state(struct tl_audit *a, const struct tl_timer *t, struct tl_audit_mark *mark,
		       const struct tl_audit_timerfd *info)
{
	if (!is_its_clock(t, info)) {
		mark->facts = (mark->facts & ~TL_FACT_SEEN) | TL_FACT_GONE;
		a->header->untracked_timerfd++;
		return;
	}
	if (info->ticks > 0)
		mark->facts |= TL_FACT_TICKS;
	/* A periodic timer stands still from its expiry until it is read. */
	if (info->value > 0 || (info->ticks > 0 && info->interval > 0)) {
		mark->facts |= TL_FACT_ARMED;
		mark->interval = info->interval;
	}
	if (t->state == TL_SLOT_LIVE && set_unseen(t, info))
		mark->facts |= TL_FACT_SET_UNSEEN;
	mark->remaining = info->value;
}

/* Where a number was given to another file by a call that no hook saw, it may have others still. */
static void try_others(struct tl_audit *a, int fdinfo, const struct tl_timer *t,
		       struct tl_audit_mark *mark, struct tl_audit_timerfd *info)
{
	struct tl_audit_timerfd other;

	for (int fd = tl_fdmap_next(0); fd >= 0 && !tl_audit_late(a); fd = tl_fdmap_next(fd + 1)) {
		if (fd == mark->fd || tl_audit_fd_mark(a, fd) != mark ||
		    !tl_audit_timerfd_info(a, fdinfo, fd, &other) || other.clock != t->clock)
			continue;
		a->header->untracked_timerfd++;
		mark->fd = fd;
		*info = other;
		return;
	}
}

static bool read_states(struct tl_audit *a, int fdinfo)
{
	struct tl_audit_timerfd info;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		struct tl_audit_mark *mark;
		const struct tl_timer *t = tl_audit_slot(a, i, TL_TIMERFD, &mark);

		if (!t || mark->fd < 0)
			continue;
		if (tl_audit_timerfd_info(a, fdinfo, mark->fd, &info)) {
			if (!is_its_clock(t, &info))
				try_others(a, fdinfo, t, mark, &info);
			take_state(a, t, mark, &info);
		}
		if (++n % 64 == 0 && tl_audit_late(a))
			return false;
	}
	return true;
}

/* With no descriptor to list the others by: a link can be read without. */
static void count_unlisted(struct tl_audit *a)
{
	for (int fd = 0; (uint64_t)fd < a->header->nofile_max && fd < MOST_UNLISTED; fd++) {
		char name[32], target[32];

		if (fd % 64 == 63 && tl_audit_late(a))
			return;
		if (tl_fdmap_slot(fd) != TL_NONE)
			continue;
		tl_format(name, sizeof(name), "/proc/thread-self/fd/%d", fd);
		if (tl_sys_readlink(name, target, sizeof(target)) <= 0 ||
		    kind_of(target) != TL_AUDIT_STRANGER)
			continue;
		a->header->untracked_timerfd++;
		tl_audit_allow(a, 1);
	}
}

void tl_audit_fds(struct tl_audit *a)
{
	bool whole;
	int fdinfo;

	a->header->untracked_timerfd = 0;
	if (!tl_audit_open_dir(a, "fd")) {
		note_unread("/proc/self/fd");
		if (a->dir.fd == -EMFILE || a->dir.fd == -ENFILE)
			count_unlisted(a);
		return;
	}
	whole = scan_fds(a);
	if (whole && (tl_audit_any_stranger(a) || !all_seen(a)))
		find_missed(a);
	if (whole) {
		tl_audit_strangers(a);
		mark_gone(a);
	}
	tl_dir_close(&a->dir);
	fdinfo = tl_audit_open(a, "fdinfo", O_RDONLY | O_DIRECTORY);
	if (whole && fdinfo >= 0 && read_states(a, fdinfo))
		a->evidence |= TL_EV_FDS;
	if (fdinfo >= 0)
		tl_sys_close(fdinfo);
}

/* ---- for how long was it not read -----------------------------------------------------------
 */

/* Reads that no hook sees (io_uring, another process) leave the hooks' idea of the oldest unread
 * expiry behind. timerfd_gettime makes the kernel count what a read would return. */
static uint32_t count_unread(struct tl_audit *a, int fdinfo, int fd)
{
	struct tl_audit_timerfd info;
	struct itimerspec left;

	if (tl_syscall(SYS_timerfd_gettime, fd, (long)&left, 0, 0, 0, 0) != 0 ||
	    !tl_audit_timerfd_info(a, fdinfo, fd, &info))
		return 0;
	return info.ticks < UINT32_MAX ? (uint32_t)info.ticks : UINT32_MAX;
}

void tl_audit_unread(struct tl_audit *a)
{
	const uint32_t used = TL_FACT_BLOCKED_ON | TL_FACT_IN_CHILD | TL_FACT_IN_RING;
	struct tl_audit_mark *mark;
	const struct tl_timer *t;
	int fdinfo = -1;

	for (uint32_t i = 0; i < a->count && !tl_audit_late(a); i++) {
		t = tl_audit_slot(a, i, TL_TIMERFD, &mark);
		if (!t || a->filtered || mark->fd < 0 || !mark->interval ||
		    !(mark->facts & TL_FACT_TICKS) || mark->facts & used ||
		    tl_load(&t->flags) & TL_F_SHARED || mark->state != TL_SLOT_LIVE)
			continue;
		if (fdinfo < 0)
			fdinfo = tl_audit_open(a, "fdinfo", O_RDONLY | O_DIRECTORY);
		if (fdinfo < 0)
			return;
		mark->unread = count_unread(a, fdinfo, mark->fd);
	}
	if (fdinfo >= 0)
		tl_sys_close(fdinfo);
}
