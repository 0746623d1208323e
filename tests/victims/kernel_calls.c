/* SPDX-License-Identifier: MIT */
/* What only the kernel sees: calls by an instruction of the program's own, and shared tables. */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60}, none;
static const struct itimerspec soon = {.it_value.tv_nsec = 1000000};
static const struct itimerspec wrong = {.it_value.tv_nsec = -1};

static timer_t kept; /* a static place */

static int make(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0); /* MAKE_FD */

	MUST(fd >= 0);
	return fd;
}

static int make_set(const struct itimerspec *when)
{
	int fd = make();

	MUST(timerfd_settime(fd, 0, when, NULL) == 0);
	return fd;
}

static void wait_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* ---- POSIX timers --------------------------------------------------------------------------- */

static timer_t make_posix(clockid_t clock)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t t;

	signal(SIGUSR1, SIG_IGN);
	MUST(timer_create(clock, &ev, &t) == 0);
	return t;
}

static void posix_deleted(void)
{
	timer_t t = make_posix(CLOCK_MONOTONIC);

	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	MUST(RAW(SYS_timer_delete, t) == 0);
}

/* The number of timers stays the same. */
static void posix_exchanged(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t = make_posix(CLOCK_MONOTONIC);
	int id;

	MUST(RAW(SYS_timer_delete, t) == 0);
	MUST(RAW(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id) == 0);
}

static void posix_set(void)
{
	MUST(RAW(SYS_timer_settime, make_posix(CLOCK_MONOTONIC), 0, &minute, NULL) == 0);
}

/* The kernel goes on to show what was left of one that notifies nobody. */
static void posix_none(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &minute, NULL) == 0 && timer_settime(t, 0, &none, NULL) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(RAW(SYS_timer_settime, t, 0, &minute, NULL) == 0);
}

static void posix_disarmed(void)
{
	timer_t t = make_posix(CLOCK_MONOTONIC);

	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	MUST(RAW(SYS_timer_settime, t, 0, &none, NULL) == 0);
}

static void posix_arm_failed(void)
{
	timer_t t = make_posix(CLOCK_MONOTONIC);

	MUST(timer_settime(t, 0, &wrong, NULL) < 0);
	MUST(RAW(SYS_timer_settime, t, 0, &minute, NULL) == 0);
}

/* Armed as far as hooks can see; its payload is gone, and nobody will be told of it. */
static void posix_payload(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};

	ev.sigev_value.sival_ptr = malloc(64);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &kept) == 0);
	MUST(timer_settime(kept, 0, &minute, NULL) == 0);
	MUST(RAW(SYS_timer_settime, kept, 0, &none, NULL) == 0);
	free(ev.sigev_value.sival_ptr);
}

static void posix_cpu(void)
{
	timer_t t = make_posix(CLOCK_PROCESS_CPUTIME_ID);
	volatile unsigned spin = 0;
	struct itimerspec left;

	MUST(timer_settime(t, 0, &soon, NULL) == 0);
	do {
		for (int i = 0; i < 100000; i++)
			spin++;
		MUST(timer_gettime(t, &left) == 0);
	} while (left.it_value.tv_sec || left.it_value.tv_nsec);
}

/* ---- timerfds ------------------------------------------------------------------------------- */

static void fd_closed(void)
{
	int first = make(), last = make_set(&minute);

	MUST(RAW(SYS_close_range, first, last, 0) == 0);
}

static void fd_set_to_minute(void)
{
	MUST(RAW(SYS_timerfd_settime, make(), 0, &minute, NULL) == 0);
}

static void fd_set_expired(void)
{
	MUST(RAW(SYS_timerfd_settime, make(), 0, &soon, NULL) == 0);
	wait_ms(20);
}

static void fd_set_periodic(void)
{
	const struct itimerspec often = {{0, 10000000}, {0, 10000000}};

	MUST(RAW(SYS_timerfd_settime, make(), 0, &often, NULL) == 0);
	wait_ms(300);
}

static void fd_arm_failed(void)
{
	int fd = make();

	MUST(timerfd_settime(fd, 0, &wrong, NULL) < 0);
	MUST(RAW(SYS_timerfd_settime, fd, 0, &minute, NULL) == 0);
}

static void fd_copied(void)
{
	MUST(RAW(SYS_dup, make_set(&minute)) > 0);
}

static void fd_copied_and_closed(void)
{
	int fd = make_set(&minute);

	MUST(RAW(SYS_dup, fd) > 0);
	MUST(close(fd) == 0);
}

static void fd_replaced(void)
{
	int a = make_set(&minute), b = make_set(&minute);

	MUST(RAW(SYS_dup3, b, a, O_CLOEXEC) == a);
}

/* Both of the others live on at numbers of their own. */
static void fd_number_taken(void)
{
	int before = make(), fd = make_set(&minute), after = make();

	MUST(fcntl(before, F_DUPFD_CLOEXEC, 20) >= 20 && fcntl(after, F_DUPFD_CLOEXEC, 20) >= 20);
	MUST(RAW(SYS_dup3, fd, before, O_CLOEXEC) == before);
	MUST(RAW(SYS_dup3, fd, after, O_CLOEXEC) == after);
}

/* The first is gone; its number leads to the second. */
static void fd_replaced_by_clock(void)
{
	int first = timerfd_create(CLOCK_REALTIME, 0), fd = make_set(&minute);

	MUST(first >= 0 && RAW(SYS_dup3, fd, first, O_CLOEXEC) == first);
}

/* By one that no hook saw being made. */
static void fd_number_lost(void)
{
	int fd = make_set(&minute);
	long unseen = RAW(SYS_timerfd_create, CLOCK_REALTIME, TFD_CLOEXEC);

	MUST(unseen >= 0 && fcntl(fd, F_DUPFD_CLOEXEC, 20) >= 20);
	MUST(RAW(SYS_dup3, unseen, fd, O_CLOEXEC) == fd && RAW(SYS_close, unseen) == 0);
}

static void fd_table_full(void)
{
	struct rlimit few;

	MUST(getrlimit(RLIMIT_NOFILE, &few) == 0);
	few.rlim_cur = 64;
	MUST(setrlimit(RLIMIT_NOFILE, &few) == 0);
	while (RAW(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC) >= 0)
		;
}

/* Periodic, and read by what nobody sees but for the last time, which was a moment ago. */
static void fd_read(void)
{
	const struct itimerspec often = {{0, 300000000}, {0, 1000000}};
	int fd = make_set(&often);
	struct pollfd ready = {fd, POLLIN, 0};
	struct timespec a, b;
	uint64_t ticks;
	int rounds = 0;

	do {
		MUST(RAW(SYS_read, fd, &ticks, sizeof(ticks)) == 8);
		clock_gettime(CLOCK_MONOTONIC, &a);
		MUST(poll(&ready, 1, -1) == 1);
		clock_gettime(CLOCK_MONOTONIC, &b);
	} while (++rounds < 5 ||
		 (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 > 400);
}

static void fd_opened_again(void)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", make_set(&minute));
	MUST(open(path, O_RDONLY) < 0 && errno == ENXIO);
}

/* The libc's own thread reads, where pread fails. */
static void fd_aio(void)
{
	uint64_t ticks = 0;
	int fd = make_set(&soon), error;
	struct aiocb read = {.aio_fildes = fd, .aio_buf = &ticks, .aio_nbytes = sizeof(ticks)};

	MUST(pread(fd, &ticks, sizeof(ticks), 0) < 0 && errno == ESPIPE);
	MUST(aio_read(&read) == 0);
	while ((error = aio_error(&read)) == EINPROGRESS)
		wait_ms(1);
	MUST(error == 0 && aio_return(&read) == 8 && ticks == 1);
	wait_ms(150);
}

static void interval_timers(void)
{
	const struct itimerval later = {.it_value.tv_sec = 60};

	MUST(setitimer(ITIMER_PROF, &later, NULL) == 0);
	alarm(60);
}

/* ---- a child with the same descriptor table -------------------------------------------------- */

static void with_child(void (*fn)(int), int fd)
{
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	int status;

	MUST(pid >= 0);
	if (pid == 0) {
		fn(fd);
		_exit(0);
	}
	MUST(waitpid((pid_t)pid, &status, 0) == pid && status == 0);
}

static void do_close(int fd)
{
	MUST(close(fd) == 0);
}

static void do_make(int fd)
{
	(void)fd;
	make_set(&minute);
}

static void clone_closed(void)
{
	with_child(do_close, make_set(&minute));
}

static void clone_made(void)
{
	with_child(do_make, -1);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(posix_deleted),    CASE(posix_set),	   CASE(posix_exchanged),
	    CASE(posix_disarmed),   CASE(posix_none),	   CASE(posix_arm_failed),
	    CASE(posix_payload),    CASE(posix_cpu),	   CASE(fd_closed),
	    CASE(fd_set_to_minute), CASE(fd_set_expired),  CASE(fd_set_periodic),
	    CASE(fd_arm_failed),    CASE(fd_copied),	   CASE(fd_copied_and_closed),
	    CASE(fd_replaced),	    CASE(fd_read),	   CASE(fd_opened_again),
	    CASE(fd_aio),	    CASE(interval_timers), CASE(clone_closed),
	    CASE(clone_made),	    CASE(fd_number_taken), CASE(fd_replaced_by_clock),
	    CASE(fd_number_lost),   CASE(fd_table_full),
	};

	return RUN_CASE(cases, argc, argv);
}
