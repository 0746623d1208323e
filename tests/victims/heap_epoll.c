/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * What an epoll event carries, and what becomes of it. Descriptors are never closed but where a
 * case says so.
 */
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "heap.h"

static int epoll_fd;
static struct ctx *volatile kept;

static NOINLINE void drop(void *block)
{
	free(block); /* FREE */
}

static void control(int op, int fd, void *data)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};

	MUST(epoll_ctl(epoll_fd, op, fd, &event) == 0);
}

static void set_fd(int fd, time_t seconds)
{
	struct itimerspec value = {.it_value.tv_sec = seconds};

	MUST(timerfd_settime(fd, 0, &value, NULL) == 0);
}

static int watch(void *data, time_t seconds)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); /* TIMERFD */

	MUST(fd >= 0);
	control(EPOLL_CTL_ADD, fd, data);
	if (seconds)
		set_fd(fd, seconds);
	return fd;
}

static void live(void)
{
	kept = new_ctx();
	watch(kept, 60);
}

static void freed(void)
{
	struct ctx *c = new_ctx();

	watch(c, 60);
	drop(c);
}

static void freed_unarmed(void)
{
	struct ctx *c = new_ctx();

	watch(c, 0);
	drop(c);
}

static void freed_disarmed(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	drop(c);
	set_fd(fd, 0);
}

static void freed_interior(void)
{
	struct ctx *c = new_ctx();

	watch(&c->room[304], 60);
	drop(c);
}

static void moved(void)
{
	struct ctx *c = new_ctx();

	watch(c, 60);
	kept = realloc(c, 2 * BIG);
}

static void freed_modified(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	kept = new_ctx();
	drop(c);
	control(EPOLL_CTL_MOD, fd, kept);
}

static void modified_freed(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	kept = new_ctx();
	control(EPOLL_CTL_MOD, fd, kept);
	drop(c);
}

static void modified_to_freed(void)
{
	struct ctx *c = new_ctx();
	int fd;

	kept = new_ctx();
	fd = watch(kept, 60);
	control(EPOLL_CTL_MOD, fd, c);
	drop(c);
}

static void removed_freed(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	control(EPOLL_CTL_DEL, fd, NULL);
	drop(c);
}

static void freed_removed(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	drop(c);
	control(EPOLL_CTL_DEL, fd, NULL);
}

static void freed_added_again(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	kept = new_ctx();
	control(EPOLL_CTL_DEL, fd, NULL);
	drop(c);
	control(EPOLL_CTL_ADD, fd, kept);
}

static void freed_closed(void)
{
	struct ctx *c = new_ctx();
	int fd = watch(c, 60);

	drop(c);
	MUST(close(fd) == 0);
}

static void closed_freed(void)
{
	struct ctx *c = new_ctx();

	MUST(close(watch(c, 60)) == 0);
	drop(c);
}

static void free_kept(void)
{
	free(kept);
}

static void exit_frees(void)
{
	live();
	atexit(free_kept);
}

/* Numbers are data too: here one that is no address. */
static void number(void)
{
	watch((void *)5, 60);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(live),		  CASE(freed),		CASE(freed_unarmed),
	    CASE(freed_disarmed), CASE(freed_interior), CASE(moved),
	    CASE(freed_modified), CASE(modified_freed), CASE(modified_to_freed),
	    CASE(removed_freed),  CASE(freed_removed),	CASE(freed_added_again),
	    CASE(freed_closed),	  CASE(closed_freed),	CASE(exit_frees),
	    CASE(number),
	};

	MUST((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) >= 0);
	return RUN_CASE(cases, argc, argv);
}
