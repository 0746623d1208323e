/* SPDX-License-Identifier: MIT */
#include "life_inherit.h"
#include "fdmap.h"
#include "options.h"
#include "registry.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include <linux/kcmp.h>
#include <sys/syscall.h>

/* ---- descriptors that no table knows --------------------------------------------------------- */

/* More than that are counted as untracked by the audit. Static: no stack of a host need hold it. */
#define MOST_UNKNOWN 256
static TL_BIG struct tl_inherited_fd unknown[MOST_UNKNOWN];

static bool is_timerfd(int fd)
{
	char path[48], target[32];

	tl_format(path, sizeof(path), "/proc/self/fd/%d", fd);
	return tl_sys_readlink(path, target, sizeof(target)) > 0 &&
	       tl_streq(target, "anon_inode:[timerfd]");
}

static int clock_of(int fd)
{
	struct tl_lines lines;
	char path[48], *line;
	uint64_t clock = 0;

	tl_format(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (!tl_lines_open(&lines, path))
		return -1;
	while ((line = tl_lines_next(&lines))) {
		const char *at = line + sizeof("clockid: ") - 1;

		if (tl_starts(line, "clockid: ") && tl_parse_u64(&at, 10, &clock))
			break;
	}
	tl_lines_close(&lines);
	return (int)clock;
}

/* A filter that came with the exec may kill for a call that it does not know. */
static bool is_filtered(void)
{
	struct tl_lines lines;
	bool filtered = true;
	char *line;

	if (!tl_lines_open(&lines, "/proc/thread-self/status"))
		return true;
	while ((line = tl_lines_next(&lines))) {
		if (!tl_starts(line, "Seccomp:"))
			continue;
		filtered = line[sizeof("Seccomp:")] != '0'; /* behind a tab */
		break;
	}
	tl_lines_close(&lines);
	return filtered;
}

/* One timer behind two descriptors: man 2 kcmp. Where it may not be asked, they count as two. */
static uint32_t same_as(const struct tl_inherited_fd *items, size_t n, int fd)
{
	long pid = tl_sys_getpid();

	if (n == 0 || is_filtered())
		return (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		if (!tl_syscall(SYS_kcmp, pid, pid, KCMP_FILE, items[i].fd, fd, 0))
			return items[i].slot;
	return (uint32_t)n;
}

/* Timerfds that stand open and are not in the table. */
static size_t find_unknown(void)
{
	static TL_BEGIN struct tl_fds fds;
	size_t n = 0;
	int fd;

	if (!tl_fds_open(&fds, "/proc/self/fd"))
		return 0;
	while (n < MOST_UNKNOWN && (fd = tl_fds_next(&fds)) >= 0) {
		if (tl_fdmap_slot(fd) != TL_NONE || !tl_sys_may_be_timerfd(fd) || !is_timerfd(fd))
			continue;
		unknown[n] = (struct tl_inherited_fd){fd, clock_of(fd), 0};
		unknown[n].slot = same_as(unknown, n, fd);
		n++;
	}
	tl_fds_close(&fds);
	return n;
}

/* ---- adoption ----------------------------------------------------------------------------- */

static struct tl_ref earlier(const struct tl_inherited_fd *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].slot == items[n].slot)
			return tl_registry_fd(items[i].fd);
	return TL_NO_REF;
}

static void adopt_all(const struct tl_inherited_fd *items, size_t count, uint32_t how)
{
	struct tl_ref first;

	for (size_t i = 0; i < count; i++) {
		first = earlier(items, i);
		if (first.slot != TL_NONE)
			tl_registry_dup(first, items[i].fd);
		else
			tl_registry_adopt(items[i].fd, items[i].clock, how);
	}
}

/* ---- fork --------------------------------------------------------------------------------- */

/* The kernel copies the descriptors first and the memory with our table after that: what another
 * thread closes in between is open in the child, and not in the table. */
static uint32_t at_prepare; /* tl_fdmap_changes */

void tl_inherit_prepare(void)
{
	at_prepare = tl_load(&tl_fdmap_changes);
}

static bool may_be_unknown(void)
{
	return tl_registry_inflight() || tl_load(&tl_fdmap_changes) != at_prepare;
}

void tl_inherit_collect(struct tl_inherited *inherited)
{
	inherited->count = 0;
	inherited->size = tl_load(&tl_fdmap_count) * sizeof(*inherited->items);
	inherited->items = inherited->size ? tl_sys_mmap(inherited->size) : NULL;
	for (int fd = tl_fdmap_next(0); fd >= 0 && inherited->items; fd = tl_fdmap_next(fd + 1)) {
		uint32_t slot = tl_fdmap_slot(fd);
		const struct tl_timer *timer = tl_sink_timer(slot);

		if (timer && (inherited->count + 1) * sizeof(*inherited->items) <= inherited->size)
			inherited->items[inherited->count++] =
			    (struct tl_inherited_fd){fd, timer->clock, slot};
	}
	/* Another thread was between its call and the table when the process forked. */
	inherited->unknown = may_be_unknown() ? find_unknown() : 0;
}

void tl_inherit_adopt(struct tl_inherited *inherited, uint32_t flags)
{
	struct tl_section section;

	tl_fdmap_reset();
	if (tl_options.under_run) {
		section = tl_section_enter();
		tl_sink_begin();
		tl_section_leave(&section);
	}
	adopt_all(inherited->items, inherited->count, TL_F_BY_FORK);
	adopt_all(unknown, inherited->unknown, TL_F_BY_FORK);
	if (inherited->size && inherited->items)
		tl_sys_munmap(inherited->items, inherited->size);
	if (tl_sink_header())
		tl_or(&tl_sink_header()->flags, flags);
}

/* ---- exec --------------------------------------------------------------------------------- */

void tl_inherit_from_exec(void)
{
	adopt_all(unknown, find_unknown(), TL_F_BY_EXEC);
}
