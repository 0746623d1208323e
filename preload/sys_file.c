/* SPDX-License-Identifier: MIT */
#include "sys.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* From what the kernel knows: a file system that is asked (fstat) may never answer, one on the
 * network as little as one that this process serves itself (FUSE). Before 4.11 there is no such
 * question. */
static bool ask(int fd, struct statx *known)
{
	return !tl_syscall(SYS_statx, fd, (long)"", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE,
			   (long)known, 0) &&
	       known->stx_mask & STATX_TYPE;
}

bool tl_sys_fd_type(int fd, uint32_t *type)
{
	struct statx known;

	if (!ask(fd, &known))
		return false;
	*type = known.stx_mode & S_IFMT;
	return true;
}

bool tl_sys_may_be_timerfd(int fd)
{
	struct statx known;

	if (!ask(fd, &known))
		return true;
	if (known.stx_dev_major) /* what has no name is on no device */
		return false;
	switch (known.stx_mode & S_IFMT) {
	case S_IFDIR:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return false;
	default: /* what has no name has no type either, so far */
		return true;
	}
}

/* struct linux_dirent64: u64 inode, s64 offset, u16 record length, u8 type, name. */
enum { DIRENT_RECLEN = 16, DIRENT_NAME = 19 };

bool tl_dir_open(struct tl_dir *dir, const char *path)
{
	dir->at = 0;
	dir->have = 0;
	dir->fd = tl_sys_open(path, O_RDONLY | O_DIRECTORY, 0);
	return dir->fd >= 0;
}

static bool fill_dir(struct tl_dir *dir)
{
	dir->at = 0;
	dir->have =
	    (int)tl_syscall(SYS_getdents64, dir->fd, (long)dir->buf, sizeof(dir->buf), 0, 0, 0);
	return dir->have > 0;
}

const char *tl_dir_next(struct tl_dir *dir)
{
	for (;;) {
		uint16_t length;
		const char *name;

		if (dir->fd < 0 || (dir->at >= dir->have && !fill_dir(dir)))
			return NULL;
		__builtin_memcpy(&length, dir->buf + dir->at + DIRENT_RECLEN, sizeof(length));
		if (length <= DIRENT_NAME || length > dir->have - dir->at)
			return NULL;
		name = dir->buf + dir->at + DIRENT_NAME;
		dir->at += length;
		if (!tl_streq(name, ".") && !tl_streq(name, ".."))
			return name;
	}
}

void tl_dir_close(struct tl_dir *dir)
{
	if (dir->fd >= 0)
		tl_sys_close(dir->fd);
	dir->fd = -1;
}

bool tl_lines_open(struct tl_lines *lines, const char *path)
{
	lines->at = 0;
	lines->have = 0;
	lines->cut = false;
	lines->fd = tl_sys_open(path, O_RDONLY, 0);
	return lines->fd >= 0;
}

static int find_newline(const struct tl_lines *lines)
{
	for (int i = lines->at; i < lines->have; i++)
		if (lines->buf[i] == '\n')
			return i;
	return -1;
}

/* Move what is left to the front and read behind it, one byte kept for the NUL. */
static bool fill_lines(struct tl_lines *lines)
{
	int rest = lines->have - lines->at;
	ssize_t n;

	for (int i = 0; i < rest; i++)
		lines->buf[i] = lines->buf[lines->at + i];
	lines->at = 0;
	lines->have = rest;
	n = tl_sys_read(lines->fd, lines->buf + rest, sizeof(lines->buf) - 1 - (size_t)rest);
	if (n <= 0)
		return false;
	lines->have += (int)n;
	return true;
}

static bool skip_line(struct tl_lines *lines)
{
	for (;;) {
		int end = find_newline(lines);

		if (end >= 0) {
			lines->at = end + 1;
			return true;
		}
		lines->at = lines->have;
		if (!fill_lines(lines))
			return false;
	}
}

static char *take_line(struct tl_lines *lines, int end, int next)
{
	char *line = lines->buf + lines->at;

	lines->buf[end] = '\0';
	lines->at = next;
	return line;
}

char *tl_lines_next(struct tl_lines *lines)
{
	int end;

	if (lines->fd < 0 || (lines->cut && !skip_line(lines)))
		return NULL;
	lines->cut = false;
	while ((end = find_newline(lines)) < 0) {
		bool full = lines->at == 0 && lines->have == (int)sizeof(lines->buf) - 1;

		if (!full && fill_lines(lines))
			continue;
		if (lines->at == lines->have)
			return NULL;
		lines->cut = full;
		return take_line(lines, lines->have, lines->have);
	}
	return take_line(lines, end, end + 1);
}

void tl_lines_close(struct tl_lines *lines)
{
	if (lines->fd >= 0)
		tl_sys_close(lines->fd);
	lines->fd = -1;
}
