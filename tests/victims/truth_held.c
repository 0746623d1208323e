/* SPDX-License-Identifier: MIT */
/*
 * Timers that look as if somebody held them, waited for them or served them, and nobody does: each
 * must count. And some that somebody does hold.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cases.h"

static NOINLINE void make(timer_t *place)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	MUST(timer_create(CLOCK_MONOTONIC, &ev, place) == 0); /* MAKE */
}

static void nap(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static void start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, fn, arg) == 0);
	nap(30);
}

static void *sleeper(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* ---- storage that does not count ------------------------------------------------------------ */

/* One mapping that holds a thread's stack, and above it something else. */
static void above_a_stack(void)
{
	char *block =
	    mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t lower;
	pthread_t thread;

	MUST(block != MAP_FAILED);
	pthread_attr_init(&lower);
	pthread_attr_setstack(&lower, block, 1 << 19);
	MUST(pthread_create(&thread, &lower, sleeper, NULL) == 0);
	nap(30);
	make((timer_t *)(block + (3 << 18)));
}

static void shared_memory(void)
{
	void *block = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(block != MAP_FAILED);
	make(block);
}

static void *leave_on_stack(void *arg)
{
	timer_t local[64];

	make(&local[(intptr_t)arg]);
	return NULL;
}

static void *sit_on_it(void *arg)
{
	volatile char room[16384];

	room[sizeof(room) - 1] = 0;
	return sleeper(arg);
}

/* glibc gives the stack of an ended thread to the next one, as it was. */
static void reused_stack(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, leave_on_stack, (void *)5) == 0);
	pthread_join(thread, NULL);
	start(sit_on_it, NULL);
}

static __thread timer_t in_tls;

static void *leave_in_tls(void *arg)
{
	make(&in_tls);
	return arg;
}

static void reused_tls(void)
{
	pthread_t thread;

	make(&(timer_t){0}); /* 0 is what new storage holds */
	MUST(pthread_create(&thread, NULL, leave_in_tls, NULL) == 0);
	pthread_join(thread, NULL);
	start(sleeper, NULL);
}

static char static_stack[65536];
static ucontext_t back, there;

static NOINLINE void on_static_stack(void)
{
	timer_t local;

	make(&local);
	__asm__ volatile("" : : "r"(&local) : "memory");
}

static void run_there(void)
{
	getcontext(&there);
	there.uc_stack.ss_sp = static_stack;
	there.uc_stack.ss_size = sizeof(static_stack);
	there.uc_link = &back;
	makecontext(&there, on_static_stack, 0);
	swapcontext(&back, &there);
}

static void stack_in_bss(void)
{
	run_there();
}

static void stack_in_bss_twice(void)
{
	run_there();
	run_there();
}

static timer_t copies[4];

static void copies_of_handle(void)
{
	timer_t local;

	make(&local);
	for (int i = 0; i < 4; i++)
		copies[i] = local;
}

static void heap_place(void)
{
	timer_t *t = malloc(sizeof(*t));

	make(t);
	free(t);
}

/* ---- waits for something else --------------------------------------------------------------- */

static int make_fd(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK); /* MAKE_FD */

	MUST(fd >= 0);
	return fd;
}

static void arm_fd(int fd, long ns)
{
	MUST(timerfd_settime(fd, 0, &(struct itimerspec){.it_value.tv_nsec = ns}, NULL) == 0);
}

static void *wait_in_epoll(void *arg)
{
	struct epoll_event events[4];

	for (;;)
		epoll_wait((int)(intptr_t)arg, events, 4, -1);
	return NULL;
}

static int in_new_set(int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	int set = epoll_create1(0);

	MUST(set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
	return set;
}

static void epoll_spent(uint32_t events)
{
	int fd = make_fd(), set = in_new_set(fd, events);

	arm_fd(fd, 1000000);
	start(wait_in_epoll, (void *)(intptr_t)set);
}

/* Reported once, never read, and the thread waits for others. */
static void epoll_edge_forgotten(void)
{
	epoll_spent(EPOLLIN | EPOLLET);
}

static void epoll_oneshot_forgotten(void)
{
	epoll_spent(EPOLLIN | EPOLLONESHOT);
}

static void epoll_edge_waiting(void)
{
	int fd = make_fd(), set = in_new_set(fd, EPOLLIN | EPOLLET);

	MUST(timerfd_settime(fd, 0, &(struct itimerspec){.it_value.tv_sec = 60}, NULL) == 0);
	start(wait_in_epoll, (void *)(intptr_t)set);
}

static void *wait_for_signal(void *arg)
{
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	for (;;)
		sigwaitinfo(&set, &info);
	return arg;
}

static void signal_thread(long ms, long every)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec value = {{every, 0}, {ms / 1000, ms % 1000 * 1000000}};
	sigset_t set;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	start(wait_for_signal, NULL);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &value, NULL) == 0);
	nap(50);
}

static void sigwait_spent(void)
{
	signal_thread(1, 0);
}

static void sigwait_armed(void)
{
	signal_thread(60000, 0);
}

static void sigwait_periodic(void)
{
	signal_thread(1, 60);
}

/* ---- children ------------------------------------------------------------------------------- */

/* Until the child has closed its end, which exec does too. */
static void wait_for_end(const int ends[2])
{
	char byte;

	close(ends[1]);
	MUST(read(ends[0], &byte, 1) == 0);
}

static void child_execed(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), ends[2];

	MUST(fd >= 0 && pipe2(ends, O_CLOEXEC) == 0);
	if (fork() == 0) {
		execlp("sleep", "sleep", "1", NULL);
		_exit(1);
	}
	wait_for_end(ends);
}

static void child_zombie(void)
{
	siginfo_t info;

	make_fd();
	if (fork() == 0)
		_exit(0);
	MUST(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
}

static void child_closed(void)
{
	int fd = make_fd(), ends[2];

	MUST(pipe(ends) == 0);
	if (fork() == 0) {
		close(fd);
		close(ends[1]);
		nap(400);
		_exit(0);
	}
	wait_for_end(ends);
}

static void grandchild(void)
{
	make_fd();
	if (fork() == 0) {
		if (fork() == 0)
			nap(600);
		_exit(0);
	}
	wait(NULL);
	nap(50);
}

/* ---- service -------------------------------------------------------------------------------- */

static void serve(int fd)
{
	uint64_t ticks;

	arm_fd(fd, 1000000);
	nap(5);
	MUST(read(fd, &ticks, sizeof(ticks)) == 8);
}

static void served_long_ago(void)
{
	int fd = make_fd();

	for (int i = 0; i < 5; i++)
		serve(fd);
	nap(300);
}

static NOINLINE int request(int times)
{
	int fd = make_fd();

	for (int i = 0; i < times; i++)
		serve(fd);
	return fd;
}

/* The last is being served; those before it were given up. */
static void served_before_another(void)
{
	for (volatile int i = 0; i < 3; i++)
		request(4);
}

static const struct test_case cases[] = {
    CASE(above_a_stack),	CASE(shared_memory),
    CASE(reused_stack),		CASE(reused_tls),
    CASE(stack_in_bss),		CASE(stack_in_bss_twice),
    CASE(copies_of_handle),	CASE(heap_place),
    CASE(epoll_edge_forgotten), CASE(epoll_oneshot_forgotten),
    CASE(epoll_edge_waiting),	CASE(sigwait_spent),
    CASE(sigwait_armed),	CASE(sigwait_periodic),
    CASE(child_execed),		CASE(child_zombie),
    CASE(child_closed),		CASE(grandchild),
    CASE(served_long_ago),	CASE(served_before_another),
};

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
