/* SPDX-License-Identifier: MIT */
/* io_uring without its library: reads, polls and closes of timerfds that no hook sees. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define ENTRIES 8

/* Newer than many a header. */
#define CANCEL_ALL (1u << 0)
#define CANCEL_FD  (1u << 1)

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1000000};

static int ring;
static struct io_uring_params p;
static char *sq, *cq;
static struct io_uring_sqe *entries;
static uint64_t ticks;

static void *map(size_t size, long offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, offset);

	MUST(at != MAP_FAILED);
	return at;
}

static void start_ring(void)
{
	ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring < 0 && (errno == ENOSYS || errno == EPERM || errno == ENOMEM))
		skip("io_uring is not allowed here");
	MUST(ring >= 0);
	sq = map(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	entries = map(p.sq_entries * sizeof(*entries), IORING_OFF_SQES);
}

static unsigned *sq_word(unsigned offset)
{
	return (unsigned *)(sq + offset);
}

static unsigned *cq_word(unsigned offset)
{
	return (unsigned *)(cq + offset);
}

static void enter(unsigned submit, unsigned wait)
{
	MUST(syscall(SYS_io_uring_enter, ring, submit, wait, wait ? IORING_ENTER_GETEVENTS : 0, 0,
		     0) == submit);
}

static void submit(int opcode, int fd, void *address, unsigned size, uint64_t name)
{
	unsigned tail = *sq_word(p.sq_off.tail), i = tail & *sq_word(p.sq_off.ring_mask);

	entries[i] = (struct io_uring_sqe){.opcode = (unsigned char)opcode,
					   .fd = fd,
					   .addr = (uintptr_t)address,
					   .len = size,
					   .poll_events = opcode == IORING_OP_POLL_ADD ? POLLIN : 0,
					   .user_data = name};
	if (opcode == IORING_OP_ASYNC_CANCEL) {
		entries[i].cancel_flags = size;
		entries[i].len = 0;
	}
	sq_word(p.sq_off.array)[i] = i;
	__atomic_store_n(sq_word(p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	enter(1, 0);
}

/* The result of the oldest that is complete. */
static int result(void)
{
	unsigned head = *cq_word(p.cq_off.head);
	struct io_uring_cqe *all = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	int got;

	while (__atomic_load_n(cq_word(p.cq_off.tail), __ATOMIC_ACQUIRE) == head)
		enter(0, 1);
	got = all[head & *cq_word(p.cq_off.ring_mask)].res;
	__atomic_store_n(cq_word(p.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return got;
}

static int make(const struct itimerspec *when)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0); /* MAKE */

	MUST(fd >= 0 && timerfd_settime(fd, 0, when, NULL) == 0);
	return fd;
}

static void ask(int fd)
{
	submit(IORING_OP_READ, fd, &ticks, sizeof(ticks), (uint64_t)fd);
}

static void drain(int fd)
{
	ask(fd);
	MUST(result() == 8);
}

/* ---- reads ---------------------------------------------------------------------------------- */

static void drained(void)
{
	drain(make(&soon));
	poll(NULL, 0, 200);
}

static void unread(void)
{
	make(&soon);
	poll(NULL, 0, 200);
}

/* Its last expiry was a moment ago, which is no time to be called forgotten. */
static void periodic(void)
{
	const struct itimerspec often = {{0, 300000000}, {0, 1000000}};
	int fd = make(&often), rounds = 0;
	struct pollfd ready = {fd, POLLIN, 0};
	struct timespec a, b;

	do {
		drain(fd);
		clock_gettime(CLOCK_MONOTONIC, &a);
		MUST(poll(&ready, 1, -1) == 1);
		clock_gettime(CLOCK_MONOTONIC, &b);
	} while (++rounds < 5 ||
		 (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 > 400);
}

static void periodic_forgotten(void)
{
	const struct itimerspec often = {{0, 10000000}, {0, 1000000}};
	int fd = make(&often);

	for (int i = 0; i < 5; i++)
		drain(fd);
	poll(NULL, 0, 300);
}

/* ---- requests that wait --------------------------------------------------------------------- */

static void waits_to_read(void)
{
	ask(make(&minute));
}

static void waits_in_poll(void)
{
	submit(IORING_OP_POLL_ADD, make(&minute), NULL, 0, 1);
}

static void asked_in_a_loop(void)
{
	const struct itimerspec often = {{0, 1000000}, {0, 1000000}};
	int fd = make(&often);

	for (int i = 0; i < 3 * ENTRIES; i++)
		drain(fd);
	MUST(timerfd_settime(fd, 0, &minute, NULL) == 0);
	ask(fd);
}

static void cancelled(void)
{
	int fd = make(&minute);

	ask(fd);
	submit(IORING_OP_ASYNC_CANCEL, -1, (void *)(uintptr_t)fd, 0, 99);
	result();
	result();
}

/* It was read; what waits is a read of something else. */
static void another_waits(void)
{
	int fds[2];

	drain(make(&soon));
	MUST(pipe(fds) == 0);
	ask(fds[0]);
}

static void poll_in_ring(int fd, uint64_t name)
{
	submit(IORING_OP_POLL_ADD, fd, NULL, 0, name);
}

static int open_pipe(void)
{
	int fds[2];

	MUST(pipe(fds) == 0);
	return fds[0];
}

/* The older of two is the one that waits. */
static void older_waits(void)
{
	int fd;

	poll_in_ring(open_pipe(), 1);
	fd = make(&soon);
	poll_in_ring(fd, 2);
	MUST(result() == POLLIN && read(fd, &ticks, sizeof(ticks)) == 8);
}

static void newer_complete(void)
{
	int fds[2];

	poll_in_ring(make(&minute), 1);
	MUST(pipe(fds) == 0);
	poll_in_ring(fds[0], 2);
	MUST(write(fds[1], "x", 1) == 1 && result() == POLLIN);
}

/* The request for what had the number before goes on. */
static void number_reused(void)
{
	int fd = open_pipe();

	poll_in_ring(fd, 1);
	MUST(close(fd) == 0 && timerfd_create(CLOCK_MONOTONIC, 0) == fd);
}

static void cancel_by_file(int fd)
{
	submit(IORING_OP_ASYNC_CANCEL, fd, NULL, CANCEL_ALL | CANCEL_FD, 99);
	for (int i = 0; i < 2; i++)
		if (result() == -EINVAL)
			skip("io_uring cannot cancel by file");
}

static void cancelled_by_file(void)
{
	int fd = make(&minute);

	poll_in_ring(open_pipe(), 1);
	poll_in_ring(fd, 2);
	cancel_by_file(fd);
}

static void another_cancelled(void)
{
	int fd = open_pipe();

	poll_in_ring(make(&minute), 0);
	poll_in_ring(fd, 2);
	cancel_by_file(fd);
}

/* ---- ends and copies ------------------------------------------------------------------------ */

static void closed(void)
{
	submit(IORING_OP_CLOSE, make(&minute), NULL, 0, 1);
	MUST(result() == 0);
}

static int registered(void)
{
	int fd = make(&minute);

	MUST(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1) == 0);
	return fd;
}

static void registered_open(void)
{
	registered();
}

/* Four times in one ring, which is open twice, and once in another. */
static void registered_often(void)
{
	int fd = make(&minute), all[4] = {fd, fd, fd, fd};
	struct io_uring_params other = {0};

	MUST(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, all, 4) == 0);
	MUST(dup(ring) >= 0);
	ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &other);
	MUST(ring >= 0);
	MUST(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, all, 1) == 0);
}

static void registered_closed(void)
{
	MUST(close(registered()) == 0);
}

static void opened_again(void)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", make(&minute));
	submit(IORING_OP_OPENAT, AT_FDCWD, path, 0, 1);
	MUST(result() == -ENXIO);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(drained),	     CASE(unread),
	    CASE(periodic),	     CASE(periodic_forgotten),
	    CASE(waits_to_read),     CASE(waits_in_poll),
	    CASE(asked_in_a_loop),   CASE(cancelled),
	    CASE(another_waits),     CASE(closed),
	    CASE(registered_open),   CASE(registered_closed),
	    CASE(opened_again),	     CASE(older_waits),
	    CASE(newer_complete),    CASE(number_reused),
	    CASE(cancelled_by_file), CASE(another_cancelled),
	    CASE(registered_often),
	};

	start_ring();
	return RUN_CASE(cases, argc, argv);
}
