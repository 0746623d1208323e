/* SPDX-License-Identifier: MIT */
/*
 * Every way for a process to end with one timer left, made and armed by its very last calls, and
 * the ways to clean up at the last moment. "in_child CASE": in a child, whose status is passed on.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static timer_t kept;
static int clean_at_end;

/* Not inlined: its frame, with the handle in it, shall be gone. */
static NOINLINE timer_t make(void)
{
	struct itimerspec minute = {.it_value.tv_sec = 60};
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
	MUST(timer_settime(t, 0, &minute, NULL) == 0);
	return t;
}

static void clean(void)
{
	timer_delete(kept);
}

static void __attribute__((destructor)) clean_in_destructor(void)
{
	if (clean_at_end)
		clean();
}

static void by_return(void)
{
	make();
}

static void by_exit(void)
{
	make();
	exit(0);
}

static void by_exit_5(void)
{
	make();
	puts("status 5");
	exit(5);
}

static void by__exit(void)
{
	make();
	_exit(0);
}

static void by__Exit(void)
{
	make();
	_Exit(0);
}

static void by_exit_group(void)
{
	make();
	syscall(SYS_exit_group, 0);
}

/* As libc ends a process itself: no hook is on the way. */
static void by_unseen_exit(void)
{
	make();
#if defined(__x86_64__)
	__asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(0) : "rcx", "r11", "memory");
#else
	skip("no instruction for this machine");
#endif
}

static void by_quick_exit(void)
{
	make();
	quick_exit(0);
}

/* Streams are flushed after every exit handler: the process ends a second time there. */
static ssize_t write_ends(void *cookie, const char *text, size_t size)
{
	(void)cookie, (void)text, (void)size;
	_exit(7);
}

static void by__exit_in_exit(void)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_ends});

	MUST(stream && fputs("buffered", stream) >= 0);
	make();
	exit(7);
}

static void *exit_5(void *arg)
{
	(void)arg;
	exit(5);
}

/* Far below the frames that main has at the end. */
static NOINLINE void make_deep(void)
{
	volatile char depth[4096];

	depth[0] = 0;
	make();
}

static void exit_in_thread(void)
{
	pthread_t thread;

	make_deep();
	MUST(pthread_create(&thread, NULL, exit_5, NULL) == 0);
	pause();
}

static void *exit_after(void *main_thread)
{
	MUST(pthread_join(*(pthread_t *)main_thread, NULL) == 0);
	make();
	exit(6);
}

static void exit_after_main(void)
{
	static pthread_t self;
	pthread_t thread;

	self = pthread_self();
	MUST(pthread_create(&thread, NULL, exit_after, &self) == 0);
	pthread_exit(NULL);
}

static void *last_thread(void *arg)
{
	usleep(50000);
	return arg;
}

static void pthread_exit_in_main(void)
{
	pthread_t thread;

	make();
	MUST(pthread_create(&thread, NULL, last_thread, NULL) == 0);
	pthread_exit(NULL);
}

static void by_signal(int sig)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	make();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void by_abort(void)
{
	by_signal(SIGABRT);
}

static void by_segv(void)
{
	by_signal(SIGSEGV);
}

static void by_term(void)
{
	by_signal(SIGTERM);
}

static void by_kill(void)
{
	by_signal(SIGKILL);
}

/* ---- by the kernel's hand ------------------------------------------------------------------ */

static void allocate_for_ever(void)
{
	for (;;) {
		char *volatile block = malloc(100000);

		for (size_t i = 0; block && i < 100000; i += 4096)
			block[i] = 1;
	}
}

static void *kill_later(void *arg)
{
	usleep(20000);
	kill(getpid(), SIGKILL);
	return arg;
}

static void by_kill_in_malloc(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, kill_later, NULL) == 0);
	make();
	allocate_for_ever();
}

/* OOM_TASKS: the list of tasks of a control group with little memory. */
static void by_oom(void)
{
	const char *tasks = getenv("OOM_TASKS");
	int fd = tasks ? open(tasks, O_WRONLY) : -1;

	if (fd < 0 || dprintf(fd, "%d", (int)getpid()) < 1)
		skip("no control group with little memory");
	make();
	allocate_for_ever();
}

static void by_strict(void)
{
	make();
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_getpid);
}

/* The timer is made inside. */
static void by_filter(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		skip("no filter may be set");
	make();
	syscall(SYS_getppid);
}

/* ---- by exec ------------------------------------------------------------------------------- */

static void nothing(void)
{
}

static void by_exec(void)
{
	make();
	execl("/proc/self/exe", "process_ends", "nothing", NULL);
	_exit(99);
}

static void exec_fails(void)
{
	make();
	MUST(execl("/nonexistent", "x", NULL) < 0);
}

/* ---- cleaned up at the last moment --------------------------------------------------------- */

static void cleaned_by_atexit(void)
{
	kept = make();
	atexit(clean);
}

static void cleaned_by_at_quick_exit(void)
{
	kept = make();
	at_quick_exit(clean);
	quick_exit(0);
}

static void cleaned_by_destructor(void)
{
	kept = make();
	clean_at_end = 1;
}

static const struct test_case cases[] = {
    CASE(by_return),
    CASE(by_exit),
    CASE(by_exit_5),
    CASE(by__exit),
    CASE(by__Exit),
    CASE(by_exit_group),
    CASE(by_unseen_exit),
    CASE(by_quick_exit),
    CASE(by__exit_in_exit),
    CASE(exit_in_thread),
    CASE(exit_after_main),
    CASE(pthread_exit_in_main),
    CASE(by_abort),
    CASE(by_segv),
    CASE(by_term),
    CASE(by_kill),
    CASE(by_kill_in_malloc),
    CASE(by_oom),
    CASE(by_strict),
    CASE(by_filter),
    CASE(nothing),
    CASE(by_exec),
    CASE(exec_fails),
    CASE(cleaned_by_atexit),
    CASE(cleaned_by_at_quick_exit),
    CASE(cleaned_by_destructor),
};

static int in_child(int argc, char **argv)
{
	pid_t child = fork();
	int status;

	if (!child)
		exit(RUN_CASE(cases, argc, argv));
	MUST(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "in_child"))
		return in_child(argc - 1, argv + 1);
	return RUN_CASE(cases, argc, argv);
}
