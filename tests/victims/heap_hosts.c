/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls -Wl,-rpath,$ORIGIN */
/*
 * Programs that make it hard to search their memory at the end. Each leaves one timer that is held
 * and one that is lost, unless its comment says otherwise, and must not see that anybody searched.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "heap.h"

#define THREADS	 1000
#define CHILDREN 8
#define BLOCKS	 50

static struct ctx *volatile held;
static struct ctx *blocks[BLOCKS];

static struct ctx *with_timer(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	return c;
}

static NOINLINE void leave_two(void)
{
	held = with_timer();
	with_timer();
	put_last();
}

static void start(void *(*fn)(void *), void *arg)
{
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	MUST(pthread_attr_setstacksize(&small, 65536) == 0);
	MUST(pthread_create(&t, &small, fn, arg) == 0);
	pthread_attr_destroy(&small);
}

/* ---- children of somebody else's ------------------------------------------------------------- */

static void say(const char *what)
{
	if (write(1, what, strlen(what)) < 0)
		_exit(98);
}

static void on_child(int signo)
{
	(void)signo;
	say("SIGCHLD\n");
}

/* A child that nobody started here is told of, if an option did not ask for it. */
static void *wait_on(void *options)
{
	int status;

	for (;;)
		if (waitpid(-1, &status, (int)(intptr_t)options) > 0 && !options)
			say("waited for a child\n");
}

static void wait_with(intptr_t options)
{
	leave_two();
	signal(SIGCHLD, on_child);
	start(wait_on, (void *)options);
	usleep(10000);
}

static void waits(void)
{
	wait_with(0);
}

static void waits_for_all(void)
{
	wait_with(__WALL);
}

static void waits_for_clones(void)
{
	wait_with(__WCLONE);
}

static void child_handler(void)
{
	leave_two();
	signal(SIGCHLD, on_child);
}

static void child_ignored(void)
{
	leave_two();
	signal(SIGCHLD, SIG_IGN);
}

/* ---- no process, no descriptor --------------------------------------------------------------- */

static void all_closed(void)
{
	leave_two();
	syscall(SYS_close_range, 0, ~0u, 0);
}

/* It has to be somebody whom the limit concerns. Only the launcher can report. */
static void no_processes(void)
{
	struct rlimit one = {1, 1};

	leave_two();
	if (getuid() == 0)
		MUST(setresuid(65534, 65534, 65534) == 0);
	MUST(setrlimit(RLIMIT_NPROC, &one) == 0);
	MUST(fork() == -1 && errno == EAGAIN);
}

/* No clone without flags: the filter is there before the program is. Which of the two timers is
 * held cannot be found out. */
static void no_clone(void)
{
	static struct sock_filter rules[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(rules) / sizeof(*rules), rules};

	if (getenv("LD_PRELOAD")) {
		leave_two();
		return;
	}
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		skip("no seccomp filter may be set");
	MUST(setenv("LD_PRELOAD", getenv("PRELOAD_LATER"), 1) == 0);
	execl("/proc/self/exe", "heap_hosts", "no_clone", (char *)NULL);
}

/* ---- threads, and children ------------------------------------------------------------------- */

static pthread_barrier_t all_up;

static void *hold(void *arg)
{
	struct ctx *volatile mine = with_timer();

	for (size_t size = 100; size < 5000; size += 100)
		free(malloc(size));
	pthread_barrier_wait(&all_up);
	pause();
	return mine ? arg : NULL;
}

/* A thousand held. */
static void threads(void)
{
	pthread_barrier_init(&all_up, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		start(hold, NULL);
	pthread_barrier_wait(&all_up);
	usleep(100000);
}

/* What it has of the parent's blocks it frees, moves, and makes a timer in. */
static void be_child(void)
{
	for (int i = 0; i < BLOCKS; i += 2)
		free(blocks[i]);
	for (int i = 1; i < BLOCKS; i += 4)
		MUST(realloc(blocks[i], BIG) != NULL);
	make(&blocks[3]->timer);
	held = blocks[3];
	free(with_timer());
	exit(0);
}

/* The parent's timers are all held; of each child one is, one was freed with its block. */
static void children(void)
{
	pid_t pids[CHILDREN];
	int status;

	for (volatile int i = 0; i < BLOCKS; i++)
		blocks[i] = with_timer();
	for (int i = 0; i < CHILDREN; i++)
		if (!(pids[i] = i % 2 ? fork() : _Fork()))
			be_child();
	for (int i = 0; i < CHILDREN; i++)
		MUST(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
}

/* ---- libraries ------------------------------------------------------------------------------- */

static void *churn(void *arg)
{
	for (size_t i = 1;; i++) {
		char *block = malloc(i % 1000 * 40 + 1);

		block[0] = 1;
		free(block);
	}
	return arg;
}

/* Each time the library makes a timer when it is loaded, and deletes it when it goes. */
static void storm_library(void)
{
	leave_two();
	for (int i = 0; i < 4; i++)
		start(churn, NULL);
	for (int i = 0; i < 8; i++) {
		void *library = dlopen("libstorm.so", RTLD_NOW | RTLD_LOCAL);

		MUST(library != NULL && dlclose(library) == 0);
	}
}

/* ---- much memory ----------------------------------------------------------------------------- */

/* MIB in blocks of 64 KiB, in a list that begins in static storage. The last one has a timer, which
 * is held. Says when it is done, in milliseconds. */
static void heap_of(long mib)
{
	static char *volatile list;
	char *last = NULL;
	struct timespec now;

	for (long i = 0; i < mib * 16; i++) {
		char *block = malloc(65536);

		if (!block)
			skip("not enough memory");
		for (size_t at = 0; at < 65536; at += 4096)
			*(char **)(block + at) = list;
		list = block;
		last = last ? last : block;
	}
	make((timer_t *)(last + 5000));
	clock_gettime(CLOCK_REALTIME, &now);
	printf("%ld\n", (long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static const struct test_case cases[] = {
    CASE(waits),	 CASE(waits_for_all), CASE(waits_for_clones), CASE(child_handler),
    CASE(child_ignored), CASE(all_closed),    CASE(no_processes),     CASE(no_clone),
    CASE(threads),	 CASE(children),      CASE(storm_library),
};

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "heap_of")) {
		heap_of(atol(argv[2]));
		return 0;
	}
	return RUN_CASE(cases, argc, argv);
}
