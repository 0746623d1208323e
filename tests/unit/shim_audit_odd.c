/* SPDX-License-Identifier: MIT */
/* Unit tests of the audit in processes that are hard to look at, and of children. */
#include "audit_fake.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MILLI 1000000l
#define ALL_EVIDENCE                                                                         \
	(TL_EV_DONE | TL_EV_TIMERS | TL_EV_FDS | TL_EV_HOLDERS | TL_EV_TASKS | TL_EV_EPOLL | \
	 TL_EV_PENDING)

/* The program that leaked every descriptor it could have is the one to look at. */
static void test_works_without_a_free_descriptor(void **state)
{
	struct rlimit old, limit = {64, 64};
	int fds[64], n = 0;
	uint64_t before;

	(void)state;
	tl_audit_run();
	before = fake_header.nofile_used;
	getrlimit(RLIMIT_NOFILE, &old);
	limit.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fds[n] = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0)
		n++;
	assert_int_equal(errno, EMFILE);
	for (int i = 0; i < n; i++)
		fake_enter_fd(fds[i], CLOCK_MONOTONIC);
	tl_audit_run();
	getrlimit(RLIMIT_NOFILE, &limit);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(limit.rlim_cur, 64);
	assert_int_equal(fake_header.nofile_max, 64);
	assert_int_equal(fake_header.nofile_used, before + (uint64_t)n);
	assert_int_equal(fake_header.evidence, ALL_EVIDENCE);
	for (int i = 0; i < n; i++)
		assert_true(fake_has(fake_timer(i), TL_FACT_SEEN));
}

/* ---- odd processes -----------------------------------------------------------------------------
 */

static int child_status(void (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		run();
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static __thread timer_t in_tls;
static struct tl_timer *of_main;

static void *audit_after_main(void *arg)
{
	struct tl_timer *t = arg;

	fake_sleep_ms(50);
	tl_audit_run();
	_exit(fake_has(t, TL_FACT_SEEN | TL_FACT_TICKS) &&
	      more_of(of_main)->holder == TL_HOLDER_NONE && fake_header.evidence == ALL_EVIDENCE);
}

static void end_main_thread(void)
{
	pthread_t thread;

	fake_reset(NULL);
	of_main = fake_posix_at(&in_tls, TL_NOTIFY_SIGNAL, SIGUSR1);
	pthread_create(&thread, NULL, audit_after_main, fake_timerfd(CLOCK_MONOTONIC, MILLI, 0));
	syscall(SYS_exit, 0);
}

static void test_main_thread_has_ended(void **state)
{
	(void)state;
	assert_int_equal(child_status(end_main_thread), 1);
}

/* kcmp kills: the filter that a service manager may have put on us. */
static void filter_kcmp(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void audit_under_filter(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1};
	struct tl_timer *t;
	int epfd = epoll_create1(0);

	fake_reset(NULL);
	filter_kcmp();
	t = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	fake_dup(t, dup(fake_fd(t)));
	epoll_ctl(epfd, EPOLL_CTL_ADD, fake_fd(t), &event);
	timerfd_create(CLOCK_MONOTONIC, 0);
	tl_audit_run();
	_exit(fake_has(t, TL_FACT_SEEN | TL_FACT_IN_EPOLL) && fake_header.untracked_timerfd == 1);
}

static void test_kcmp_is_not_called_under_a_filter(void **state)
{
	(void)state;
	assert_int_equal(child_status(audit_under_filter), 1);
}

/* ---- a process that gave up its privileges ----------------------------------------------------
 */

static uint32_t created;

static void *create_and_stay(void *arg)
{
	struct tl_timer **t = arg;
	timer_t frame;

	t[0] = fake_posix_at(&frame, TL_NOTIFY_SIGNAL, SIGUSR1);
	t[1] = fake_posix_at(&in_tls, TL_NOTIFY_SIGNAL, SIGUSR1);
	tl_store_release(&created, 1);
	for (;;)
		pause();
	return NULL;
}

/* The kernel hides registers and memory then; what is a guess must not make a leak. */
static void audit_undumpable(void)
{
	struct tl_timer *fd, *t[2], *unmapped;
	pthread_t thread;
	timer_t *place;

	fake_reset(NULL);
	place = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_create(&thread, NULL, create_and_stay, t);
	while (!tl_load_acquire(&created))
		fake_sleep_ms(1);
	fd = fake_timerfd(CLOCK_MONOTONIC, MILLI, 0);
	unmapped = fake_posix_at(place, TL_NOTIFY_SIGNAL, SIGUSR1);
	mprotect(place, 1 << 20, PROT_NONE);
	prctl(PR_SET_DUMPABLE, 0);
	fake_sleep_ms(5);
	if (setgid(65534) != 0 || setuid(65534) != 0)
		_exit(2);
	tl_audit_run();
	if (fake_header.evidence != (ALL_EVIDENCE & ~TL_EV_TASKS))
		_exit(3);
	_exit(fake_has(fd, TL_FACT_SEEN | TL_FACT_TICKS) &&
	      more_of(t[0])->holder == TL_HOLDER_FRAME && more_of(t[1])->holder == TL_HOLDER_TLS &&
	      more_of(unmapped)->holder == TL_HOLDER_NONE);
}

static void test_undumpable(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(child_status(audit_undumpable), 1);
}

/* ---- children ---------------------------------------------------------------------------------
 */

static void test_in_child(void **state)
{
	struct tl_timer *same = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *closed = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *moved = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	struct tl_timer *deeper = fake_timerfd(CLOCK_MONOTONIC, 0, 0);
	int ready[2], stop[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready) | pipe(stop), 0);
	pid = fork();
	if (pid == 0) {
		if (fork() > 0) {
			close(fake_fd(deeper));
			dup2(fake_fd(moved), 200);
			close(fake_fd(moved));
		} else {
			close(fake_fd(same));
			close(fake_fd(moved));
		}
		close(fake_fd(closed));
		timerfd_create(CLOCK_MONOTONIC, 0); /* at the closed one's number */
		close(stop[1]);
		_exit(write(ready[1], "", 1) != 1 || read(stop[0], &byte, 1) != 0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	fake_header.children = 1;
	fake_header.child_pids[0] = (uint32_t)pid;
	tl_audit_run();
	close(stop[1]);
	waitpid(pid, NULL, 0);
	close(stop[0]);
	close(ready[0]);
	close(ready[1]);
	assert_true(fake_has(same, TL_FACT_IN_CHILD));
	assert_true(fake_has(moved, TL_FACT_IN_CHILD));
	assert_true(fake_has(deeper, TL_FACT_IN_CHILD));
	assert_false(more_of(closed)->facts & TL_FACT_IN_CHILD);
	tl_audit_run(); /* it has ended */
	assert_false(more_of(same)->facts & TL_FACT_IN_CHILD);
}

#define tl_test(f) cmocka_unit_test_setup_teardown(f, fake_reset, fake_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    tl_test(test_works_without_a_free_descriptor),
	    tl_test(test_main_thread_has_ended),
	    tl_test(test_kcmp_is_not_called_under_a_filter),
	    tl_test(test_undumpable),
	    tl_test(test_in_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
