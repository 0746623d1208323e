/* SPDX-License-Identifier: MIT */
/*
 * Timerfds in the descriptor table that no slot knows.
 *
 * A stranger may be a copy of a timer that we know (dup by an instruction of the program's own, a
 * descriptor that came back over a socket), or of another stranger. kcmp orders files (man 2 kcmp),
 * so a sorted array of one descriptor a file tells. Without kcmp each counts as a timer of its own.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "registry.h"
#include "sink.h"
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>

/* So many known timers are compared with each other without need. */
#define COMPARE_ALWAYS 1000

struct file {
	int fd;
	struct tl_audit_mark *mark; /* NULL: a stranger */
};

struct files {
	struct file *items; /* by file */
	uint32_t used;
	size_t size; /* bytes mapped */
};

static int compare(struct tl_audit *a, int one, int two)
{
	return (int)tl_syscall(SYS_kcmp, a->tid, a->tid, KCMP_FILE, one, two, 0);
}

/* Where it stands, or would; *found says which. */
static uint32_t search(struct tl_audit *a, const struct files *files, int fd, bool *found)
{
	uint32_t low = 0, high = files->used;

	*found = false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = a->kcmp ? compare(a, fd, files->items[mid].fd) : 2;

		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order == 1)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void insert(struct files *files, uint32_t at, struct file file)
{
	for (uint32_t i = files->used; i > at; i--)
		files->items[i] = files->items[i - 1];
	files->items[at] = file;
	files->used++;
}

static bool is_open_timerfd(struct tl_audit *a, int fd)
{
	char name[16];

	tl_format(name, sizeof(name), "%d", fd);
	return tl_audit_is_timerfd(a->dir.fd, name);
}

/* A hook clears the entry of a number before the call that gives it to another file. */
static bool still_its(const struct tl_audit *a, const struct tl_audit_mark *mark)
{
	return &a->marks[tl_fdmap_slot(mark->fd)] == mark;
}

/* Moves it to another of its numbers, one with a file that nobody else has. */
static bool enter_elsewhere(struct tl_audit *a, struct files *files, struct tl_audit_mark *mark)
{
	for (int fd = tl_fdmap_next(0); fd >= 0; fd = tl_fdmap_next(fd + 1)) {
		bool found;
		uint32_t at;

		if (fd == mark->fd || tl_audit_fd_mark(a, fd) != mark || !is_open_timerfd(a, fd))
			continue;
		at = search(a, files, fd, &found);
		if (found)
			continue;
		mark->fd = fd;
		insert(files, at, (struct file){fd, mark});
		return true;
	}
	return false;
}

static bool has_other_clock(struct tl_audit *a, const struct tl_audit_mark *mark)
{
	const struct tl_timer *t = tl_sink_timer((uint32_t)(mark - a->marks));
	int fdinfo = tl_audit_open(a, "fdinfo", O_RDONLY | O_DIRECTORY);
	struct tl_audit_timerfd info;
	bool other;

	if (fdinfo < 0)
		return false;
	other = t && mark->state == TL_SLOT_LIVE &&
		tl_audit_timerfd_info(a, fdinfo, mark->fd, &info) && info.clock != t->clock;
	tl_sys_close(fdinfo);
	return other;
}

/* Two slots with one file: a number of one went to the other's by a call that no hook saw. Who lost
 * it may have others; failing that, the clock tells whose the file is. */
static void settle_double(struct tl_audit *a, struct files *files, uint32_t at,
			  struct tl_audit_mark *mark)
{
	struct tl_audit_mark *there = files->items[at].mark, *loser = mark;

	if (enter_elsewhere(a, files, mark))
		return;
	if (has_other_clock(a, there) && !has_other_clock(a, mark))
		loser = there;
	/* Before the other moves, which moves the array. */
	files->items[at] = (struct file){mark->fd, mark};
	if (enter_elsewhere(a, files, there))
		return;
	if (loser == mark)
		files->items[at] = (struct file){there->fd, there};
	loser->facts = (loser->facts & ~TL_FACT_SEEN) | TL_FACT_GONE;
	loser->fd = -1;
}

static void enter_known(struct tl_audit *a, struct files *files, struct tl_audit_mark *mark)
{
	bool found;
	uint32_t at = search(a, files, mark->fd, &found);

	if (!found)
		insert(files, at, (struct file){mark->fd, mark});
	else if (still_its(a, files->items[at].mark) && still_its(a, mark))
		settle_double(a, files, at, mark);
}

static struct tl_audit_mark *known(struct tl_audit *a, uint32_t index)
{
	struct tl_audit_mark *mark;

	return tl_audit_slot(a, index, TL_TIMERFD, &mark) && mark->fd >= 0 ? mark : NULL;
}

/* Late: what is said of strangers is not the whole of it. */
static bool cut(struct tl_audit *a)
{
	if (!tl_audit_late(a))
		return false;
	tl_sink_note(TL_NOTE_AUDIT,
		     "there was no time to compare all timerfds with each other: how "
		     "many are untracked is not exact");
	return true;
}

static void enter_all_known(struct tl_audit *a, struct files *files)
{
	for (uint32_t i = 0; i < a->count && a->kcmp; i++) {
		struct tl_audit_mark *mark = known(a, i);

		if (mark)
			enter_known(a, files, mark);
		if (i % 64 == 63 && cut(a))
			return;
	}
}

/* A close in the midst was unmapped before the kernel closed: look again. */
static bool still_stranger(struct tl_audit *a, int fd)
{
	return tl_fdmap_slot(fd) == TL_NONE && is_open_timerfd(a, fd);
}

static void forget_strangers(struct files *files)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < files->used; i++)
		if (files->items[i].mark)
			files->items[kept++] = files->items[i];
	files->used = kept;
}

static uint32_t count(struct tl_audit *a, struct files *files)
{
	const struct tl_audit_fd *items = a->fds.items;
	uint32_t known;

	forget_strangers(files);
	known = files->used;
	for (size_t i = 0; i < a->fds.used; i++) {
		bool found;
		uint32_t at;

		if (i % 64 == 63 && cut(a))
			break;
		if (items[i].kind != TL_AUDIT_STRANGER || !still_stranger(a, items[i].fd))
			continue;
		at = search(a, files, items[i].fd, &found);
		if (!found)
			insert(files, at, (struct file){items[i].fd, NULL});
	}
	return files->used - known;
}

static bool begin(struct tl_audit *a, struct files *files)
{
	files->used = 0;
	files->size = (a->live + a->fds.used) * sizeof(*files->items);
	files->items = files->size ? tl_sys_mmap(files->size) : NULL;
	return files->items != NULL;
}

/* As with POSIX timers: a thread in the midst of a create or a close may have to wait. */
void tl_audit_strangers(struct tl_audit *a)
{
	struct files files;

	if (!tl_audit_any_stranger(a) && a->live > COMPARE_ALWAYS)
		return;
	if (!begin(a, &files))
		return;
	enter_all_known(a, &files);
	for (int i = 0; i < TL_AUDIT_PATIENCE && tl_audit_any_stranger(a); i++) {
		tl_audit_settle();
		a->header->untracked_timerfd = count(a, &files);
		if (a->header->untracked_timerfd == 0 || tl_registry_inflight() == 0 ||
		    tl_audit_late(a))
			break;
	}
	tl_sys_munmap(files.items, files.size);
}

bool tl_audit_any_stranger(const struct tl_audit *a)
{
	const struct tl_audit_fd *items = a->fds.items;

	for (size_t i = 0; i < a->fds.used; i++)
		if (items[i].kind == TL_AUDIT_STRANGER)
			return true;
	return false;
}
