/* SPDX-License-Identifier: MIT */
/* flags: -O2 -fomit-frame-pointer -pthread */
/*
 * Stacks of every shape, with an allocation or a timerfd on each: unwind.bats compares what is
 * recorded of them with what libunwind says. unwind_plain.cc is the same without optimization.
 */
#include <alloca.h>
#include <csetjmp>
#include <csignal>
#include <dlfcn.h>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "cases.h"
#include "unwind_shape.h"

static int rounds = 2000;

static NOINLINE void allocate(size_t size)
{
	void *volatile block = malloc(size + 24);

	free(block);
}

static NOINLINE void make(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	if (fd >= 0)
		close(fd);
}

/* ---- frames --------------------------------------------------------------------------------- */

static NOINLINE int recurse(int depth, int turn)
{
	volatile int here = depth;

	if (depth > 1)
		recurse(depth - 1 - (turn & depth & 1), turn >> 1);
	if (depth % 8 == turn % 8)
		allocate((size_t)depth);
	return here;
}

static void deep()
{
	for (int i = 0; i < rounds / 10; i++)
		recurse(i % 300, i * 7919);
}

static NOINLINE void grow(size_t size, int left)
{
	char *volatile room = static_cast<char *>(alloca(size));

	room[0] = 1;
	allocate(size);
	if (left)
		grow(size * 3 % 4001 + 1, left - 1);
	allocate(size);
}

static void allocas()
{
	for (int i = 0; i < rounds; i++)
		grow((size_t)i % 509 + 1, i % 11);
}

typedef void user_of_stack(size_t);

static NOINLINE void use(size_t size)
{
	char *volatile room = static_cast<char *>(alloca(size));

	room[0] = 1;
	allocate(1);
	room[0] = 2;
}

static NOINLINE void use_further_down(size_t size)
{
	volatile char here = 1;

	use(size);
	here = 2;
	(void)here;
}

static NOINLINE void call(user_of_stack *function, size_t size)
{
	volatile char here = 1;

	function(size);
	here = 2;
	(void)here;
}

/* Now and then use() is on the same place of the stack by both ways: there only its frame pointer
 * tells that its caller is another. */
static void ways()
{
	user_of_stack *volatile near = use, *volatile far = use_further_down;

	for (int i = 0; i < rounds / 20; i++)
		for (int j = 0; j < 113; j++) // the first 97 often enough to be remembered
			call(j < 97 ? near : far, j < 97 ? 256 : 256 - 16 * (size_t)(j - 97));
}

static NOINLINE void large(int left)
{
	volatile char room[60000];

	room[left] = 1;
	if (left)
		large(left - 1);
	allocate(room[left]);
}

/* The prologue of such a function finds its arguments by an expression. */
static NOINLINE void aligned(int left)
{
	alignas(64) volatile char room[64];

	room[left] = 1;
	if (left)
		aligned(left - 1);
	allocate(room[left]);
}

static void odd_frames()
{
	for (int i = 0; i < rounds / 4; i++) {
		large(i % 3);
		aligned(i % 5);
		allocate(1);
	}
}

static NOINLINE int thrower(int depth)
{
	std::string text(50 + (size_t)depth, 'x');

	if (!depth)
		throw std::runtime_error(text);
	return thrower(depth - 1) + (int)text.size();
}

static void exceptions()
{
	for (int i = 0; i < rounds / 4; i++)
		try {
			thrower(i % 90);
		} catch (const std::exception &e) {
			allocate(strlen(e.what()));
		}
}

static std::jmp_buf back;

static NOINLINE void jumper(int depth)
{
	volatile char room[40];

	room[0] = 1;
	allocate((size_t)depth);
	if (!depth)
		std::longjmp(back, 1);
	jumper(depth - 1);
	room[1] = 1;
}

static void jumps()
{
	for (volatile int i = 0; i < rounds; i++) {
		if (!setjmp(back))
			jumper(i % 17);
		allocate(3);
	}
}

/* ---- other stacks --------------------------------------------------------------------------- */

static ucontext_t outside, inside;

static void coroutine()
{
	for (;;) {
		recurse(9, 5);
		make();
		swapcontext(&inside, &outside);
	}
}

static void swap_on(char *stack, size_t size, ucontext_t *then)
{
	MUST(getcontext(&inside) == 0);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = size;
	inside.uc_link = then;
	makecontext(&inside, coroutine, 0);
	for (int i = 0; i < rounds / 4; i++) {
		recurse(i % 9, i);
		MUST(swapcontext(&outside, &inside) == 0);
	}
}

static void coroutines()
{
	alignas(16) char in_a_frame[65536];
	char *own = static_cast<char *>(
	    mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	MUST(own != MAP_FAILED);
	swap_on(own, 65536, nullptr);
	swap_on(in_a_frame, sizeof(in_a_frame), &outside);
}

static void *work(void *arg)
{
	int n = (int)(intptr_t)arg;

	for (int i = 0; i < rounds / 8; i++) {
		recurse((i + n) % 40, i * n);
		if (i % 4 == 0)
			make();
	}
	return nullptr;
}

static void threads()
{
	pthread_t ids[8];

	for (int round = 0; round < 40; round++) {
		for (intptr_t i = 0; i < 8; i++)
			MUST(pthread_create(&ids[i], nullptr, work, (void *)(i + round)) == 0);
		for (pthread_t id : ids)
			pthread_join(id, nullptr);
	}
}

static void forks()
{
	for (int i = 0; i < 20; i++) {
		recurse(i, i);
		pid_t child = fork();
		if (!child) {
			recurse(i + 20, i);
			work((void *)(intptr_t)i);
			_exit(0);
		}
		MUST(child > 0 && waitpid(child, nullptr, 0) == child);
	}
}

/* ---- handlers ------------------------------------------------------------------------------- */

static volatile sig_atomic_t ticks, jump_next;
static sigjmp_buf out;

static void tick(int)
{
	ticks = ticks + 1;
	make();
	if (jump_next)
		siglongjmp(out, 1);
}

/* The next tick, once there was some work since the last: on a busy machine there is little between
 * those of a clock. */
static void tick_again()
{
	static volatile sig_atomic_t done, seen = -1;
	struct itimerval soon = {{0, 0}, {0, 500}};

	done = done + 1;
	if (seen == ticks || done < 30)
		return;
	done = 0;
	seen = ticks;
	MUST(setitimer(ITIMER_REAL, &soon, nullptr) == 0);
}

static void tick_for(int how, bool jump)
{
	struct itimerval never = {};
	struct sigaction action = {};

	action.sa_handler = tick;
	action.sa_flags = how;
	MUST(sigaction(SIGALRM, &action, nullptr) == 0);
	while (ticks < rounds / 8) {
		if (!sigsetjmp(out, 1))
			for (int i = 0; i < 1000; i++) {
				tick_again();
				jump_next = jump;
				make();
				jump_next = 0;
				if (!jump)
					recurse(i % 20, i);
			}
		jump_next = 0;
	}
	setitimer(ITIMER_REAL, &never, nullptr);
}

static void handlers()
{
	tick_for(SA_RESTART, false);
}

static void jumps_out()
{
	tick_for(SA_RESTART, true);
}

static void signal_stack()
{
	static char stack[65536];
	stack_t how = {};

	how.ss_sp = stack;
	how.ss_size = sizeof(stack);
	MUST(sigaltstack(&how, nullptr) == 0);
	tick_for(SA_RESTART | SA_ONSTACK, false);
}

/* ---- libraries that lie where others lay ------------------------------------------------------
 */

/* One timerfd of each library is left, whose stack the report shows. */
static void *leak_by_shape(size_t size)
{
	allocate(size);
	if (size == 4)
		MUST(timerfd_create(CLOCK_MONOTONIC, 0) >= 0);
	return nullptr;
}

static void unloads()
{
	static const char *const names[] = {"libunwindsmall.so", "libunwindlarge.so"};
	std::string dir = "/proc/self/exe";
	char path[4096];
	ssize_t n = readlink(dir.c_str(), path, sizeof(path) - 1);
	int same = 0;
	void *before = nullptr;

	MUST(n > 0);
	dir = std::string(path, (size_t)n);
	dir.erase(dir.rfind('/') + 1);
	for (int i = 0; i < rounds / 10; i++) {
		void *library = dlopen((dir + names[i % 2]).c_str(), RTLD_NOW);
		MUST(library);
		shape *run = reinterpret_cast<shape *>(dlsym(library, "unwind_shape"));

		same += (void *)run == before;
		before = (void *)run;
		for (int j = 0; j < 5; j++)
			run(leak_by_shape, (size_t)j);
		dlclose(library);
	}
	printf("same place: %s\n", same > rounds / 20 ? "often" : "seldom");
}

int main(int argc, char **argv)
{
	static const test_case cases[] = {
	    CASE(deep),		CASE(allocas), CASE(odd_frames), CASE(exceptions), CASE(jumps),
	    CASE(coroutines),	CASE(threads), CASE(forks),	 CASE(handlers),   CASE(jumps_out),
	    CASE(signal_stack), CASE(unloads), CASE(ways),
	};

	if (argc > 2)
		rounds = atoi(argv[2]);
	return RUN_CASE(cases, argc, argv);
}
