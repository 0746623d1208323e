/* SPDX-License-Identifier: MIT */
#include "sys.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* -1: the kernel does not say. */
static int64_t count_of(int directory)
{
	struct statx known;
	long got = tl_syscall(SYS_statx, directory, (long)"", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
			      STATX_SIZE, (long)&known, 0);

	return got || !(known.stx_mask & STATX_SIZE) ? -1 : (int64_t)known.stx_size;
}

bool tl_fds_open(struct tl_fds *fds, const char *path)
{
	fds->next = 0;
	fds->end = -1;
	if (!tl_dir_open(&fds->dir, path))
		return false;
	if (count_of(fds->dir.fd) == (int64_t)fds->dir.fd + 1)
		fds->end = fds->dir.fd;
	return true;
}

int tl_fds_next(struct tl_fds *fds)
{
	const char *name;
	uint64_t fd;

	if (fds->end >= 0)
		return fds->next < fds->end ? fds->next++ : -1;
	while ((name = tl_dir_next(&fds->dir)))
		if (tl_parse_u64(&name, 10, &fd) && fd <= INT32_MAX)
			return (int)fd;
	return -1;
}

void tl_fds_close(struct tl_fds *fds)
{
	tl_dir_close(&fds->dir);
}
