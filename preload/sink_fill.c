/* SPDX-License-Identifier: MIT */
#include "sink_fill.h"
#include "alone.h"
#include "sys.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE	((size_t)4096)
#define AT_ONCE 16		/* pages of one write */
#define LEAST	((size_t)16384) /* less is not worth opening the file */

static TL_BIG_TABLE char zeroes[PAGE];

/* Whoever writes beyond it gets SIGXFSZ: man 2 setrlimit. */
static bool is_allowed(uint64_t end)
{
	struct rlimit64 limit;

	return !tl_syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0) &&
	       end <= limit.rlim_cur;
}

/* Not what somebody has put in its place. */
static bool is_trace(const struct tl_sink_file *file, int fd)
{
	struct stat st;

	return !tl_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) && st.st_dev == file->device &&
	       st.st_ino == file->inode;
}

static bool write_pages(int fd, size_t pages)
{
	struct iovec parts[AT_ONCE];

	for (size_t i = 0; i < AT_ONCE; i++)
		parts[i] = (struct iovec){zeroes, PAGE};
	while (pages) {
		size_t n = pages < AT_ONCE ? pages : AT_ONCE;

		if (tl_syscall(SYS_writev, fd, (long)parts, (long)n, 0, 0, 0) != (long)(n * PAGE))
			return false;
		pages -= n;
	}
	return true;
}

bool tl_sink_fill(const struct tl_sink_file *file, uint64_t offset, size_t size)
{
	bool done;
	int fd;

	if (!tl_alone() || size < LEAST || !file->inode || !is_allowed(offset + size))
		return false;
	fd = tl_sys_open(file->path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return false;
	done = is_trace(file, fd) &&
	       tl_syscall(SYS_lseek, fd, (long)offset, SEEK_SET, 0, 0, 0) == (long)offset &&
	       write_pages(fd, size / PAGE);
	tl_sys_close(fd);
	return done;
}
