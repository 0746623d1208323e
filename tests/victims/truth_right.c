/* SPDX-License-Identifier: MIT */
/*
 * Programs that are right, but end in ways that make it hard to see; and the exact counts of
 * programs that end in the midst of work.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static void make(timer_t *place)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	MUST(timer_create(CLOCK_MONOTONIC, &ev, place) == 0);
}

static void arm(timer_t t, long ms)
{
	struct itimerspec value = {{0, 0}, {ms / 1000, ms % 1000 * 1000000}};

	MUST(timer_settime(t, 0, &value, NULL) == 0);
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, fn, arg) == 0);
	return thread;
}

/* ---- held in all kinds of static storage ---------------------------------------------------- */

static timer_t table[16];
static struct {
	char name[24];
	struct {
		int n;
		timer_t t;
	} inner[3];
} nested;

static void in_table(void)
{
	for (int i = 0; i < 16; i++)
		make(&table[i]);
	make(&nested.inner[2].t);
}

/* ---- ended late ----------------------------------------------------------------------------- */

static timer_t late;
static pthread_key_t key;

static void delete_late(void)
{
	timer_delete(late);
}

static void by_atexit(void)
{
	atexit(delete_late);
	make(&late);
	arm(late, 60000);
}

static void delete_of_thread(void *t)
{
	timer_delete(*(timer_t *)t);
	free(t);
}

static void *with_key(void *arg)
{
	timer_t *t = malloc(sizeof(*t));

	make(t);
	pthread_setspecific(key, t);
	return arg;
}

static void by_tls_destructor(void)
{
	pthread_key_create(&key, delete_of_thread);
	pthread_join(start(with_key, NULL), NULL);
}

static atomic_int stop;

static void *deleter(void *arg)
{
	while (!atomic_load(&stop))
		usleep(1000);
	timer_delete(late);
	atomic_store(&stop, 2);
	return arg;
}

static void wait_for_deleter(void)
{
	atomic_store(&stop, 1);
	while (atomic_load(&stop) != 2)
		usleep(1000);
}

static void by_other_thread_at_exit(void)
{
	make(&late);
	start(deleter, NULL);
	atexit(wait_for_deleter);
}

/* ---- loops and pools ------------------------------------------------------------------------ */

static void *loop(void *arg)
{
	struct epoll_event events[8];

	for (;;)
		epoll_wait((int)(intptr_t)arg, events, 8, -1);
	return NULL;
}

static void loop_thread(void)
{
	struct itimerspec value = {.it_value.tv_sec = 60};
	struct epoll_event event = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 0; i < 3; i++) {
		int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

		event.data.ptr = &table[i];
		MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0);
		MUST(i == 2 || timerfd_settime(fd, 0, &value, NULL) == 0);
	}
	start(loop, (void *)(intptr_t)set);
	usleep(20000);
}

static void *pool_worker(void *arg)
{
	static __thread timer_t mine;
	static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t work = PTHREAD_COND_INITIALIZER;

	make(&mine);
	pthread_mutex_lock(&never);
	for (;;)
		pthread_cond_wait(&work, &never);
	return arg;
}

static void pool_alive(void)
{
	for (int i = 0; i < 8; i++)
		start(pool_worker, NULL);
	usleep(50000);
}

/* ---- ends in the midst ---------------------------------------------------------------------- */

static void *churn(void *arg)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};

	for (;;) {
		int fd = timerfd_create(CLOCK_MONOTONIC, 0);
		timer_t t;

		if (timer_create(CLOCK_MONOTONIC, &ev, &t) == 0)
			timer_delete(t);
		close(fd);
	}
	return arg;
}

static void busy(void)
{
	for (int i = 0; i < 4; i++)
		start(churn, NULL);
	usleep(5000);
}

static void exit_while_busy(void)
{
	busy();
	exit(0);
}

static void _exit_while_busy(void)
{
	busy();
	_exit(0);
}

static void quick_exit_while_busy(void)
{
	busy();
	quick_exit(0);
}

static void on_signal(int signo)
{
	(void)signo;
	exit(0);
}

static void exit_in_handler(void)
{
	signal(SIGUSR1, on_signal);
	make(&late);
	raise(SIGUSR1);
}

static void *exiting(void *arg)
{
	usleep(20000);
	exit((int)(intptr_t)arg);
}

static void main_gone(void)
{
	timer_t t;

	make(&t);
	timer_delete(t);
	make(&late);
	start(exiting, NULL);
	pthread_exit(NULL);
}

static void *exiting_raw(void *arg)
{
	usleep(20000);
	_exit((int)(intptr_t)arg);
}

static void _exit_in_thread(void)
{
	make(&late);
	start(exiting_raw, NULL);
	pause();
}

/* ---- children ------------------------------------------------------------------------------- */

static void child_uses_parents(void)
{
	make(&late);
	if (fork() == 0) {
		timer_delete(late);
		make(&late);
		timer_delete(late);
		_exit(0);
	}
	wait(NULL);
	timer_delete(late);
}

static void shell_meanwhile(void)
{
	FILE *p;

	make(&late);
	arm(late, 60000);
	MUST(system("true") == 0);
	p = popen("echo out", "r");
	MUST(p && getc(p) == 'o');
	pclose(p);
	timer_delete(late);
}

static void daemonized(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	MUST(daemon(1, 1) == 0);
	make(&late);
	timer_delete(late);
	close(fd);
}

static void vfork_child(void)
{
	make(&late);
	if (vfork() == 0)
		_exit(0);
	wait(NULL);
	timer_delete(late);
}

static const struct test_case cases[] = {
    CASE(in_table),
    CASE(by_atexit),
    CASE(by_tls_destructor),
    CASE(by_other_thread_at_exit),
    CASE(loop_thread),
    CASE(pool_alive),
    CASE(exit_while_busy),
    CASE(_exit_while_busy),
    CASE(quick_exit_while_busy),
    CASE(exit_in_handler),
    CASE(main_gone),
    CASE(_exit_in_thread),
    CASE(child_uses_parents),
    CASE(shell_meanwhile),
    CASE(daemonized),
    CASE(vfork_child),
};

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
