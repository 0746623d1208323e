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

static bool is_timerfd(const char *name)
{
	char path[48], target[32];
	const char *at = name;
	uint64_t fd;

	if (!tl_parse_u64(&at, 10, &fd) || !tl_sys_may_be_timerfd((int)fd))
		return false;
	tl_format(path, sizeof(path), "/proc/thread-self/fd/%s", name);
	return tl_sys_readlink(path, target, sizeof(target)) > 0 &&
	       tl_streq(target, "anon_inode:[timerfd]");
}

static bool any_timerfd(void)
{
	struct tl_dir dir;
	const char *name;
	bool any = false;

	if (!tl_dir_open(&dir, "/proc/thread-self/fd"))
		return none_free(dir.fd);
	while (!any && (name = tl_dir_next(&dir)))
		any = is_timerfd(name);
	tl_dir_close(&dir);
	return any;
}

bool tl_audit_anything(void)
{
	return any_posix() || any_timerfd();
}
