/* SPDX-License-Identifier: MIT */
/*
 * Timer calls by number: through syscall(), which can be seen, and by an instruction in the program
 * itself, which only the kernel sees.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77 /* Linux 6.15 */
#endif

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1000000};

static int make_posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	int id;

	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id) == 0); /* MAKE */
	MUST(syscall(SYS_timer_settime, id, 0, &minute, NULL) == 0);
	return id;
}

static int make_timerfd(const struct itimerspec *when)
{
	int fd = (int)syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0); /* MAKE_FD */

	MUST(fd >= 0 && syscall(SYS_timerfd_settime, fd, 0, when, NULL) == 0);
	return fd;
}

static void left(void)
{
	make_posix();
	make_timerfd(&minute);
}

static void ended(void)
{
	struct itimerspec now;
	uint64_t ticks;
	int id = make_posix(), fd = make_timerfd(&soon);

	MUST(syscall(SYS_timer_gettime, id, &now) == 0);
	MUST(syscall(SYS_timer_getoverrun, id) == 0);
	MUST(syscall(SYS_timer_delete, id) == 0);
	MUST(syscall(SYS_timerfd_gettime, fd, &now) == 0);
	MUST(syscall(SYS_read, fd, &ticks, sizeof(ticks)) == 8);
	MUST(syscall(SYS_close, fd) == 0);
}

static void copied(void)
{
	int fd = make_timerfd(&minute), copy = (int)syscall(SYS_dup, fd);

	MUST(copy >= 0 && syscall(SYS_close, fd) == 0);
}

static void unseen(void)
{
#ifdef __x86_64__
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	long ret;
	int id;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(SYS_timer_create), "D"(CLOCK_MONOTONIC), "S"(&ev), "d"(&id)
			 : "rcx", "r11", "memory");
	MUST(ret == 0);
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(SYS_timerfd_create), "D"(CLOCK_MONOTONIC), "S"(0)
			 : "rcx", "r11", "memory");
	MUST(ret >= 0);
#else
	skip("an inline system call of x86-64");
#endif
}

/* The kernel's ids count up, unless it is told which. */
static void make_with_id(int id)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	int got = id;

	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &got) == 0 && got == id);
}

static void id_again(void)
{
	if (prctl(PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0))
		skip("this kernel lets nobody choose an id");
	make_with_id(9);
	make_with_id(4);
	MUST(RAW(SYS_timer_delete, 9) == 0 && RAW(SYS_timer_delete, 4) == 0);
	make_with_id(4);
	make_with_id(9);
}

/* Whatever else goes through syscall() comes back unchanged. */
static void others(void)
{
	MUST(syscall(SYS_getpid) == getpid());
	MUST(syscall(SYS_close, -1) < 0);
	MUST(syscall(SYS_getppid) == getppid());
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(left), CASE(ended), CASE(copied), CASE(unseen), CASE(id_again), CASE(others),
	};

	return RUN_CASE(cases, argc, argv);
}
