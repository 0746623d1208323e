/* SPDX-License-Identifier: MIT */
#include "audit.h"
#include "sys.h"
#include <errno.h>

/* Where no descriptor is free to look with, it may be timerfds that took them all. */
static bool none_free(int error)
{
	return error == -EMFILE || error == -ENFILE;
}

static bool any_posix(void)
{
	struct tl_lines lines;
	bool any;

	if (!tl_lines_open(&lines, "/proc/self/timers"))
		return none_free(lines.fd);
	any = tl_lines_next(&lines) != NULL;
	tl_lines_close(&lines);
	return any;
}

static bool is_timerfd(int fd)
{
	char path[48], target[32];

	if (!tl_sys_may_be_timerfd(fd))
		return false;
	tl_format(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	return tl_sys_readlink(path, target, sizeof(target)) > 0 &&
	       tl_streq(target, "anon_inode:[timerfd]");
}

static bool any_timerfd(void)
{
	struct tl_fds fds;
	bool any = false;
	int fd;

	if (!tl_fds_open(&fds, "/proc/thread-self/fd"))
		return none_free(fds.dir.fd);
	while (!any && (fd = tl_fds_next(&fds)) >= 0)
		any = is_timerfd(fd);
	tl_fds_close(&fds);
	return any;
}

bool tl_audit_anything(void)
{
	return any_posix() || any_timerfd();
}
