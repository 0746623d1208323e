/* SPDX-License-Identifier: MIT */
/*
 * Calls at the edges of what they take: each prints its result and errno, which must be the same
 * whoever stands in front of the libc.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define SAY(call)                                                \
	do {                                                     \
		long result_;                                    \
                                                                 \
		errno = 77;                                      \
		result_ = (long)(call);                          \
		printf("%s = %ld, %d\n", #call, result_, errno); \
	} while (0)

static const struct itimerspec soon = {{0, 1000}, {0, 1}};
static void *none;	 /* pointers that the compiler knows nothing of */
static void *unreadable; /* no access */
static char b[64];
static int fd, big; /* big: from 65536 on if the limits allow */

static void descriptors(void)
{
	SAY(close(-1));
	SAY(close(1 << 20));
	SAY(close(0x7fffffff));
	SAY(dup(-1));
	SAY(dup2(fd, -1));
	SAY(dup2(-1, fd));
	SAY(dup2(fd, fd));
	SAY(dup3(fd, fd, 0));
	SAY(dup3(fd, 50, 12345));
	SAY(dup2(fd, big));
	SAY(timerfd_settime(big, 0, &soon, NULL));
	usleep(3000);
	SAY(read(big, b, 8));
	SAY(close(big));
	SAY(close(big));
	SAY(fcntl(fd, F_GETFD));
	SAY(fcntl(fd, F_DUPFD, 100));
	SAY(fcntl(100, F_SETFD, FD_CLOEXEC));
	SAY(fcntl(100, F_GETFD));
	SAY(close(100));
	SAY(fcntl(fd, F_DUPFD, -1));
	SAY(fcntl(fd, F_DUPFD, 300000));
	SAY(fcntl(fd, 9999, 0));
	SAY(close_range(5000, 4000, 0));
	SAY(close_range(5000, 6000, 99));
	SAY(close_range(300, 400, CLOSE_RANGE_CLOEXEC));
}

static void reads(void)
{
	volatile int minus = -1;
	struct iovec parts[3] = {{b, 3}, {b + 3, 0}, {b + 10, 20}};

	SAY(read(fd, unreadable, 8));
	SAY(read(fd, none, 8));
	SAY(read(fd, b, 7));
	SAY(readv(fd, unreadable, 2));
	SAY(readv(fd, parts, minus));
	usleep(1000);
	SAY(readv(fd, parts, 3));
	usleep(1000);
	SAY(preadv2(fd, parts, 3, -1, 0));
	SAY(preadv2(fd, parts, 3, 0, 0));
	SAY(preadv2(fd, parts, 3, -1, 0x7000));
}

static void timerfds(void)
{
	SAY(timerfd_settime(fd, 0, none, NULL));
	SAY(timerfd_settime(fd, 0, unreadable, NULL));
	SAY(timerfd_settime(fd, 0, &soon, unreadable));
	SAY(timerfd_settime(fd, 99, &soon, NULL));
	SAY(timerfd_settime(-1, 0, &soon, NULL));
	SAY(timerfd_settime(1, 0, &soon, NULL));
	SAY(timerfd_gettime(fd, unreadable));
	SAY(timerfd_create(77, 0));
	SAY(timerfd_create(CLOCK_MONOTONIC, 77));
}

static void posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t, u;

	SAY(timer_create(CLOCK_MONOTONIC, &ev, &t));
	SAY(timer_settime(t, 0, none, NULL));
	SAY(timer_settime(t, 0, unreadable, NULL));
	SAY(timer_settime(t, 0, &soon, unreadable));
	SAY(timer_gettime(t, unreadable));
	SAY(timer_delete(t));
	SAY(timer_delete(t));
	SAY(timer_settime(t, 0, &soon, NULL));
	SAY(timer_getoverrun(t));
	ev.sigev_notify = 99;
	SAY(timer_create(CLOCK_MONOTONIC, &ev, &u));
	SAY(timer_create(99, NULL, &u));
}

static void by_number(void)
{
	int file = memfd_create("x", 0);
	char *page;

	SAY(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, NULL));
	SAY(syscall(SYS_timer_create, CLOCK_MONOTONIC, unreadable, unreadable));
	SAY(syscall(SYS_timer_settime, -1L, 0, NULL, NULL));
	SAY(syscall(SYS_timer_delete, 12345));
	SAY(syscall(-1));
	SAY(syscall(511));
	SAY(syscall(512));
	SAY(syscall(SYS_close, -1));
	SAY(syscall(SYS_fcntl, fd, F_DUPFD, 400));
	SAY(syscall(SYS_close, 400));
	/* The seventh argument lies on the stack. */
	MUST(pwrite(file, "Q", 1, 4096) == 1);
	page = (char *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, file, 4096);
	SAY(*page);
}

static void polls(void)
{
	struct epoll_event want = {EPOLLIN, {.u64 = 0x100000000ull}}, got[4];
	struct timespec at_once = {0, 0};
	struct timeval no_time = {0, 0};
	static unsigned long bits[4096];
	int set = epoll_create1(0);

	SAY(epoll_ctl(set, EPOLL_CTL_ADD, fd, &want));
	SAY(epoll_ctl(set, EPOLL_CTL_ADD, fd, &want));
	SAY(epoll_ctl(set, EPOLL_CTL_MOD, fd, unreadable));
	SAY(epoll_ctl(set, 99, fd, &want));
	SAY(epoll_ctl(-1, EPOLL_CTL_ADD, fd, &want));
	SAY(epoll_wait(set, got, 0, 0));
	SAY(epoll_pwait2(set, got, 4, &at_once, NULL));
	SAY(epoll_wait(-1, got, 1, 0));
	SAY(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL));
	SAY(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL));
	SAY(poll(none, 0, 0));
	/* Beyond FD_SETSIZE, which the kernel does not know. */
	MUST(dup2(fd, big) == big);
	bits[big / 64] |= 1ul << big % 64;
	usleep(1000);
	SAY(select(big + 1, (fd_set *)bits, NULL, NULL, &no_time));
	SAY(select(-1, NULL, NULL, NULL, &no_time));
	SAY(close_range(big, ~0u, 0));
	SAY(read(big, b, 8));
}

static void streams(void)
{
	char *text;
	size_t size;
	FILE *f = fdopen(dup(fd), "r");

	SAY(fclose(f));
	f = open_memstream(&text, &size);
	SAY(fclose(f));
	f = fdopen(dup(fd), "r");
	SAY(freopen("/none/x", "r", f) == NULL);
	f = fopen("/dev/null", "r");
	SAY(freopen("/dev/zero", "r", f) == f);
	SAY(fclose(f));
}

static void process(void)
{
	int status;
	pid_t pid;

	SAY(prctl(PR_GET_DUMPABLE));
	SAY(prctl(99999, 1, 2, 3, 4));
	SAY(prctl(PR_SET_SECCOMP, 99, 0));
	SAY(unshare(0));
	SAY(mlockall(999));
	SAY(execl("/none", "none", (char *)NULL));
	SAY(execle("/none", "none", (char *)NULL, (char **)NULL));
	SAY(execlp("none-such", "none", (char *)NULL));
	SAY(execve(unreadable, NULL, NULL));
	fflush(stdout);
	pid = vfork();
	if (!pid) {
		dup2(fd, 9);
		close(fd);
		execl("/bin/sh", "sh", "-c", "echo $0 $1; exit 7", "a", "b", (char *)NULL);
		_exit(3);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	SAY(WEXITSTATUS(status));
	SAY(fcntl(fd, F_GETFD));
}

int main(void)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max < 100000 ? limit.rlim_max : 100000;
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	big = (int)limit.rlim_cur - 1;
	unreadable = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	MUST(fd >= 0 && unreadable != MAP_FAILED);
	descriptors();
	reads();
	timerfds();
	posix();
	by_number();
	polls();
	streams();
	process();
	SAY(close(fd));
	fflush(stdout);
	syscall(SYS_exit_group, 5);
}
