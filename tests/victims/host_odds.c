/* SPDX-License-Identifier: MIT */
/* Programs that leave a call by another way than its end, or take more than a call gives. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static NOINLINE int make(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(fd >= 0); /* MAKE */
	return fd;
}

/* ---- a cancelled close closes nothing ------------------------------------------------------ */

static int the_fd;

static void *close_cancelled(void *arg)
{
	pthread_cancel(pthread_self());
	close(the_fd);
	return arg;
}

static void cancelled_close(void)
{
	pthread_t thread;
	void *result;

	the_fd = make();
	MUST(pthread_create(&thread, NULL, close_cancelled, NULL) == 0);
	pthread_join(thread, &result);
	MUST(result == PTHREAD_CANCELED);
}

/* ---- system calls of the host's own are no points of cancellation ---------------------------- */

static void *call_cancelled(void *number)
{
	uint64_t ticks;
	struct iovec part = {&ticks, sizeof(ticks)};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	pthread_cancel(pthread_self());
	switch ((long)number) {
	case SYS_read:
		syscall(SYS_read, fd, &ticks, sizeof(ticks));
		break;
	case SYS_readv:
		syscall(SYS_readv, fd, &part, 1);
		break;
	case SYS_preadv2:
		syscall(SYS_preadv2, fd, &part, 1, -1L, 0L, 0);
		break;
	}
	syscall(SYS_close, fd);
	return NULL;
}

static void bare_calls(void)
{
	static const long numbers[] = {SYS_read, SYS_readv, SYS_preadv2, SYS_close};
	pthread_t thread;
	void *result;

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		MUST(pthread_create(&thread, NULL, call_cancelled, (void *)numbers[i]) == 0);
		pthread_join(thread, &result);
		MUST(result != PTHREAD_CANCELED);
	}
}

/* ---- a thread with a descriptor table of its own ------------------------------------------- */

static void *close_copy(void *arg)
{
	if (unshare(CLONE_FILES))
		skip("the descriptor table may not be unshared");
	close(the_fd);
	return arg;
}

static void own_files(void)
{
	pthread_t thread;

	the_fd = make();
	MUST(pthread_create(&thread, NULL, close_copy, NULL) == 0);
	pthread_join(thread, NULL);
}

/* ---- a handler jumps out of whatever it interrupted ---------------------------------------- */

static sigjmp_buf back;
static volatile sig_atomic_t jumping;

static void jump(int signo)
{
	(void)signo;
	if (!jumping)
		return;
	jumping = 0;
	siglongjmp(back, 1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *fork_soon(void *arg)
{
	double start = seconds();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	MUST(waitpid(pid, NULL, 0) == pid);
	puts(seconds() - start < 0.5 ? "forked soon" : "forked late");
	return arg;
}

static void jump_out(void)
{
	struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	double end = seconds() + 1;
	pthread_t thread;
	timer_t timer;

	signal(SIGALRM, jump);
	setitimer(ITIMER_REAL, &often, NULL);
	while (seconds() < end) {
		volatile int fd = -1;

		sigsetjmp(back, 1);
		jumping = 1;
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		if (!timer_create(CLOCK_MONOTONIC, &none, &timer))
			timer_delete(timer);
		jumping = 0;
		close(fd);
		close_range(3, ~0u, 0);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	MUST(pthread_create(&thread, NULL, fork_soon, NULL) == 0);
	pthread_join(thread, NULL);
}

/* Some are made and not entered, some are taken out and not deleted: prints what the kernel has. */
static void jump_counts(void)
{
	struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	static double end;
	char line[200];
	int count = 0;
	timer_t timer;
	FILE *f;

	end = seconds() + 1;
	signal(SIGALRM, jump);
	setitimer(ITIMER_REAL, &often, NULL);
	sigsetjmp(back, 1);
	while (seconds() < end) {
		jumping = 1;
		if (!timer_create(CLOCK_MONOTONIC, &none, &timer))
			timer_delete(timer);
		jumping = 0;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	f = fopen("/proc/self/timers", "r");
	MUST(f);
	while (fgets(line, sizeof(line), f))
		count += !strncmp(line, "ID:", 3);
	fclose(f);
	printf("%d\n", count);
}

/* ---- all memory locked --------------------------------------------------------------------- */

static void say_resident(void)
{
	char line[200];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	MUST(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kib);
	fclose(f);
	puts(kib < 64 << 10 ? "less than 64 MiB" : "64 MiB and more");
}

static void lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		skip("memory may not be locked");
}

static void locked_later(void)
{
	make();
	lock_memory();
	say_resident();
}

static void locked_before(void)
{
	lock_memory();
	make();
	say_resident();
}

int main(int argc, char **argv)
{
	const struct test_case all[] = {
	    CASE(cancelled_close), CASE(bare_calls),   CASE(own_files),	   CASE(jump_out),
	    CASE(jump_counts),	   CASE(locked_later), CASE(locked_before)};

	return RUN_CASE(all, argc, argv);
}
