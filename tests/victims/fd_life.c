/* SPDX-License-Identifier: MIT */
/*
 * Life of a timerfd: every way to close, to copy and to lose a descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static int make(void)
{
	struct itimerspec when = {.it_value.tv_sec = 60};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* MAKE */

	MUST(fd >= 0 && timerfd_settime(fd, 0, &when, NULL) == 0);
	return fd;
}

static void create_fails(void)
{
	MUST(timerfd_create(99, 0) < 0 && errno == EINVAL);
	MUST(timerfd_create(CLOCK_MONOTONIC, -1) < 0 && errno == EINVAL);
}

static void closed(void)
{
	MUST(close(make()) == 0);
}

static void closed_twice(void)
{
	int fd = make();

	MUST(close(fd) == 0);
	MUST(close(fd) < 0 && errno == EBADF);
	make();
}

static void by_close_range(void)
{
	int fd = make();

	MUST(make() == fd + 1);
	MUST(close_range(fd, fd + 1, 0) == 0);
}

static void close_range_cloexec(void)
{
	int fd = make();

	MUST(close_range(fd, fd, CLOSE_RANGE_CLOEXEC) == 0);
}

static void by_closefrom(void)
{
	int fd = make();

	make();
	closefrom(fd);
}

static void by_fclose(void)
{
	FILE *f = fdopen(make(), "r");

	MUST(f && fclose(f) == 0);
}

static void by_freopen(void)
{
	FILE *f = fdopen(make(), "r");

	MUST(f && freopen("/dev/null", "r", f));
	fclose(f);
}

static void by_dup2(void)
{
	int fd = make(), event = eventfd(0, 0);

	MUST(dup2(event, fd) == fd);
}

static void by_dup3(void)
{
	int fd = make(), event = eventfd(0, 0);

	MUST(dup3(event, fd, O_CLOEXEC) == fd);
}

static void dup2_fails(void)
{
	MUST(dup2(-1, make()) < 0 && errno == EBADF);
}

static void dup2_self(void)
{
	int fd = make();

	MUST(dup2(fd, fd) == fd);
}

static void dup2_timerfd_onto_timerfd(void)
{
	int a = make(), b = make();

	MUST(dup2(a, b) == b);
	close(a);
}

/* One object, six descriptors; the last one to go ends it. */
static void copies(int keep)
{
	int fd[6] = {make()};

	fd[1] = dup(fd[0]);
	fd[2] = dup2(fd[0], 100);
	fd[3] = dup3(fd[1], 101, O_CLOEXEC);
	fd[4] = fcntl(fd[2], F_DUPFD, 102);
	fd[5] = fcntl(fd[3], F_DUPFD_CLOEXEC, 103);
	for (int i = 0; i < 6; i++)
		MUST(fd[i] >= 0);
	for (int i = 0; i < 6; i++)
		if (i != keep)
			close(fd[i]);
}

static void copies_closed(void)
{
	copies(-1);
}

static void copies_none_closed(void)
{
	int fd = make();

	MUST(dup(fd) >= 0 && dup2(fd, 100) == 100);
}

static void kept_dup(void)
{
	copies(1);
}

static void kept_dup2(void)
{
	copies(2);
}

static void kept_dup3(void)
{
	copies(3);
}

static void kept_dupfd(void)
{
	copies(4);
}

static void kept_dupfd_cloexec(void)
{
	copies(5);
}

static void reused_number(void)
{
	int fd = make();

	MUST(close(fd) == 0);
	MUST(make() == fd);
}

static void raw_close(int fd)
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(SYS_close), "D"(fd) : "rcx", "r11", "memory");
	MUST(ret == 0);
#else
	(void)fd;
	skip("an inline system call of x86-64");
#endif
}

static void closed_unseen(void)
{
	raw_close(make());
}

static void closed_unseen_then_reused(void)
{
	int fd = make();

	raw_close(fd);
	MUST(make() == fd);
}

static void number_taken_by_other(void)
{
	int fd = make();

	raw_close(fd);
	MUST(eventfd(0, 0) == fd);
}

static void big_number(void)
{
	int fd = make(), big = fcntl(fd, F_DUPFD, 500);

	close(fd);
	MUST(big >= 500);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(create_fails),
	    CASE(closed),
	    CASE(closed_twice),
	    CASE(by_close_range),
	    CASE(close_range_cloexec),
	    CASE(by_closefrom),
	    CASE(by_fclose),
	    CASE(by_freopen),
	    CASE(by_dup2),
	    CASE(by_dup3),
	    CASE(dup2_fails),
	    CASE(dup2_self),
	    CASE(dup2_timerfd_onto_timerfd),
	    CASE(copies_closed),
	    CASE(copies_none_closed),
	    CASE(kept_dup),
	    CASE(kept_dup2),
	    CASE(kept_dup3),
	    CASE(kept_dupfd),
	    CASE(kept_dupfd_cloexec),
	    CASE(reused_number),
	    CASE(closed_unseen),
	    CASE(closed_unseen_then_reused),
	    CASE(number_taken_by_other),
	    CASE(big_number),
	};

	return RUN_CASE(cases, argc, argv);
}
