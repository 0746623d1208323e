/* SPDX-License-Identifier: MIT */
/*
 * Timerfds as the kernel shows them: /proc/thread-self/fd and fdinfo (man 5 proc_pid_fdinfo).
 *
 * One fstat for each descriptor of the process, one readlink where that leaves a doubt, and one
 * fdinfo for each tracked timer. `ticks` is a boolean: a periodic timer that is 20 periods late
 * shows 1. timerfd_gettime would be cheaper, but restarts a periodic timer that nobody read, which
 * the host could observe.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "registry.h"
#include "sink.h"
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static enum tl_audit_fd_kind kind_of(const char *target)
{
	if (tl_streq(target, "anon_inode:[eventpoll]"))
		return TL_AUDIT_EPOLL;
	if (tl_streq(target, "anon_inode:[signalfd]"))
		return TL_AUDIT_SIGNALFD;
	return tl_streq(target, "anon_inode:[timerfd]") ? TL_AUDIT_STRANGER : 0;
}

static void keep_fd(struct tl_audit *a, int fd, enum tl_audit_fd_kind kind)
{
	struct tl_audit_fd *item = tl_audit_push(&a->fds, sizeof(*item));

	if (item)
		*item = (struct tl_audit_fd){fd, kind, 0};
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

/* Sockets, pipes and devices, of which a server has thousands, are told by a cheap fstat; files
 * of anonymous inodes have no type there, or that of a plain file. */
static bool may_be_anonymous(int fd)
{
	struct stat st;

	if (tl_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) != 0)
		return true;
	return (st.st_mode & S_IFMT) == 0 || S_ISREG(st.st_mode);
}

static void take_fd(struct tl_audit *a, const char *name)
{
	enum tl_audit_fd_kind kind;
	const char *s = name;
	char target[32];
	uint64_t fd;

	if (!tl_parse_u64(&s, 10, &fd) || !may_be_anonymous((int)fd) ||
	    tl_sys_readlinkat(a->dir.fd, name, target, sizeof(target)) <= 0)
		return;
	kind = kind_of(target);
	if (kind == TL_AUDIT_STRANGER)
		take_timerfd(a, (int)fd);
	else if (kind)
		keep_fd(a, (int)fd, kind);
}

static bool scan_fds(struct tl_audit *a)
{
	const char *name;
	uint64_t n = 0;
	bool whole = true;

	while (whole && (name = tl_dir_next(&a->dir)) != NULL) {
		take_fd(a, name);
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

/* ---- timerfds that no slot knows --------------------------------------------------------------
 */

static int compare_files(struct tl_audit *a, int one, int two)
{
	return (int)tl_syscall(SYS_kcmp, a->tid, a->tid, KCMP_FILE, one, two, 0);
}

/* Enters fd into the sorted fds unless its file is there: kcmp orders files (man 2 kcmp). Without
 * kcmp each descriptor counts as a file of its own. */
static void insert_file(struct tl_audit *a, int *sorted, uint32_t *n, int fd)
{
	uint32_t low = 0, high = *n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = a->kcmp ? compare_files(a, fd, sorted[mid]) : 2;

		if (order == 0)
			return;
		if (order == 1)
			high = mid;
		else
			low = mid + 1;
	}
	for (uint32_t i = *n; i > low; i--)
		sorted[i] = sorted[i - 1];
	sorted[low] = fd;
	(*n)++;
}

/* A close in the midst was unmapped before the kernel closed: look again. */
static bool still_stranger(struct tl_audit *a, int fd)
{
	char name[16];

	tl_format(name, sizeof(name), "%d", fd);
	return tl_fdmap_slot(fd) == TL_NONE && tl_audit_is_timerfd(a->dir.fd, name);
}

static void count_strangers(struct tl_audit *a)
{
	const struct tl_audit_fd *items = a->fds.items;
	size_t size = a->fds.used * sizeof(int);
	uint32_t n = 0;
	int *sorted = size ? tl_sys_mmap(size) : NULL;

	for (size_t i = 0; sorted && i < a->fds.used; i++)
		if (items[i].kind == TL_AUDIT_STRANGER && still_stranger(a, items[i].fd))
			insert_file(a, sorted, &n, items[i].fd);
	a->header->untracked_timerfd = n;
	tl_sys_munmap(sorted, size);
}

/* As with POSIX timers: a thread in the midst of a create or a close may have to wait. */
static void count_settled_strangers(struct tl_audit *a)
{
	for (int i = 0; i < TL_AUDIT_PATIENCE; i++) {
		tl_audit_settle();
		count_strangers(a);
		if (a->header->untracked_timerfd == 0 || tl_registry_inflight() == 0)
			break;
	}
}

static bool any_stranger(struct tl_audit *a)
{
	const struct tl_audit_fd *items = a->fds.items;

	for (size_t i = 0; i < a->fds.used; i++)
		if (items[i].kind == TL_AUDIT_STRANGER)
			return true;
	return false;
}

/* ---- state ------------------------------------------------------------------------------------
 */

/* The clock never changes: another one means another timer, made where ours was closed unseen. */
static void take_state(struct tl_audit *a, const struct tl_timer *t, struct tl_audit_mark *mark,
		       const struct tl_audit_timerfd *info)
{
	if (t->state == TL_SLOT_LIVE && info->clock != t->clock) {
		mark->facts = (mark->facts & ~TL_FACT_SEEN) | TL_FACT_GONE;
		a->header->untracked_timerfd++;
		return;
	}
	if (info->ticks > 0)
		mark->facts |= TL_FACT_TICKS;
	if (info->value > 0)
		mark->facts |= TL_FACT_ARMED;
	mark->remaining = info->value;
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
		if (tl_audit_timerfd_info(a, fdinfo, mark->fd, &info))
			take_state(a, t, mark, &info);
		if (++n % 64 == 0 && tl_audit_late(a))
			return false;
	}
	return true;
}

void tl_audit_fds(struct tl_audit *a)
{
	bool whole;
	int fdinfo;

	a->header->untracked_timerfd = 0;
	if (!tl_audit_open_dir(a, "fd")) {
		tl_sink_note(TL_NOTE_AUDIT, "/proc/self/fd could not be read: timerfds were not "
					    "compared with the kernel's");
		return;
	}
	whole = scan_fds(a);
	if (whole && (any_stranger(a) || !all_seen(a))) {
		count_settled_strangers(a);
		find_missed(a);
		mark_gone(a);
	}
	tl_dir_close(&a->dir);
	fdinfo = tl_audit_open(a, "fdinfo", O_RDONLY | O_DIRECTORY);
	if (whole && fdinfo >= 0 && read_states(a, fdinfo))
		a->evidence |= TL_EV_FDS;
	if (fdinfo >= 0)
		tl_sys_close(fdinfo);
}
