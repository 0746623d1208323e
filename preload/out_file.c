/* SPDX-License-Identifier: MIT */
#include "out_file.h"
#include "out.h"
#include "sys.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>

#define HIGH 500

int tl_out_copy_high(int fd)
{
	/* EINVAL is a start beyond RLIMIT_NOFILE, EMFILE no free number above it (man 2 fcntl). */
	for (int from = HIGH; from >= 3; from = from > 32 ? from / 2 : from - 1) {
		long copy = tl_syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from, 0, 0, 0);

		if (copy >= 0 || (copy != -EINVAL && copy != -EMFILE))
			return (int)copy;
	}
	return -EMFILE;
}

int tl_out_move_high(int fd)
{
	int copy;

	if (fd < 0)
		return fd;
	copy = tl_out_copy_high(fd);
	if (copy < 0 && fd > 2)
		return fd;
	tl_sys_close(fd);
	return copy;
}

void tl_out_set_blocking(int fd)
{
	long flags = tl_syscall(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);

	if (flags >= 0)
		tl_syscall(SYS_fcntl, fd, F_SETFL, flags & ~O_NONBLOCK, 0, 0, 0);
}

void tl_out_make_parents(char *path)
{
	for (char *c = path + 1; path[0] && *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		tl_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0777, 0, 0, 0);
		*c = '/';
	}
}

#define BIT(signal) ((uint64_t)1 << ((signal)-1))

/* A pipe that is full and has no reader would hold the host for ever, beyond the reach of SIGTERM.
 * What is writable takes so much without blocking: man 7 pipe. */
#define CHUNK	 4096
#define PATIENCE 2 /* seconds, for each chunk, and once only */

static bool ready(int fd)
{
	static uint32_t stuck;
	struct pollfd poll = {.fd = fd, .events = POLLOUT};
	struct timespec time = {tl_load(&stuck) ? 0 : PATIENCE, 0};

	if (tl_syscall(SYS_ppoll, (long)&poll, 1, (long)&time, 0, 8, 0) != 0)
		return true; /* or it cannot be told: the write will */
	tl_store(&stuck, 1);
	return false;
}

static int write_patiently(int fd, const char *at, size_t size)
{
	while (size > 0) {
		ssize_t n;

		if (!ready(fd))
			return -EAGAIN;
		n = tl_sys_write(fd, at, size < CHUNK ? size : CHUNK);
		if (n == 0 || (n < 0 && n != -EAGAIN))
			return n ? (int)n : -EIO;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* write(2) raises SIGPIPE and SIGXFSZ in the writing thread: block them, and take away those that
 * were not there before. With SIGTTOU blocked a terminal takes text from the background too. */
int tl_out_write(int fd, const char *text, size_t size)
{
	const uint64_t raised = BIT(SIGPIPE) | BIT(SIGXFSZ);
	const struct timespec now = {0, 0};
	uint64_t mask, before, ours;
	int status;

	tl_sys_block_signals(&mask);
	before = tl_sys_pending_signals() & raised;
	status = write_patiently(fd, text, size);
	while ((ours = tl_sys_pending_signals() & raised & ~before))
		if (tl_syscall(SYS_rt_sigtimedwait, (long)&ours, 0, (long)&now, 8, 0, 0) < 0)
			break;
	tl_sys_restore_signals(mask);
	return status;
}
