/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * Every way to get a block, each in several sizes; and allocation where it is seldom expected.
 */
#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>

#include "heap.h"

static void *table[16];
static size_t in_table;

static NOINLINE void drop(void *block)
{
	free(block); /* FREE */
}

static struct ctx *with_timer(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	return c;
}

/* ---- every entry point ---------------------------------------------------------------------- */

static const size_t sizes[] = {1, 8, 16, 24, 100, 4096, BIG};

#define SIZES (sizeof(sizes) / sizeof(*sizes))

/* At the end of the block, so that its size is right too. */
static void make_in(char *block, size_t size)
{
	make((timer_t *)(block + (size - sizeof(timer_t)) / 8 * 8));
}

/* One byte has no room for a handle, but a timer may carry its address. */
static void make_for_byte(char *block)
{
	timer_t t;

	make_for(&t, block);
	arm(t);
}

static void all_sizes(void *(*get)(size_t))
{
	for (size_t i = 0; i < SIZES; i++) {
		char *freed = get(sizes[i]), *kept = get(sizes[i]);

		MUST(freed && kept);
		memset(freed, 1, sizes[i]);
		memset(kept, 1, sizes[i]);
		if (sizes[i] < sizeof(timer_t)) {
			make_for_byte(freed);
		} else {
			make_in(freed, sizes[i]);
			make_in(kept, sizes[i]);
			table[in_table++] = kept;
		}
		drop(freed);
	}
}

static void *get_posix_memalign(size_t size)
{
	void *block;

	return posix_memalign(&block, 64, size) == 0 ? block : NULL;
}

static void *get_strdup(size_t size)
{
	char *text = calloc(1, size), *block;

	memset(text, 'x', size - 1);
	block = strdup(text);
	free(text);
	return block;
}

#define ENTRY(name, expression)                 \
	static void *get_by_##name(size_t size) \
	{                                       \
		return expression;              \
	}                                       \
	static void by_##name(void)             \
	{                                       \
		all_sizes(get_by_##name);       \
	}

ENTRY(malloc, malloc(size))
ENTRY(calloc, calloc(size, 1))
ENTRY(realloc, realloc(NULL, size))
ENTRY(realloc_grown, realloc(malloc(1), size))
ENTRY(reallocarray, reallocarray(NULL, size, 1))
ENTRY(reallocarray_grown, reallocarray(malloc(1), size, 1))
ENTRY(memalign, memalign(64, size))
ENTRY(aligned_alloc, aligned_alloc(64, size))
ENTRY(posix_memalign, get_posix_memalign(size))
ENTRY(valloc, valloc(size))
ENTRY(pvalloc, pvalloc(size))
ENTRY(strdup, get_strdup(size))

/* ---- seldom expected ------------------------------------------------------------------------ */

static volatile int done;

static void churn(void)
{
	for (size_t i = 1; i <= 1000; i++) {
		char *block = malloc(i * 100);

		MUST(block != NULL);
		block[i] = 1;
		free(block);
	}
}

static void on_signal(int signo)
{
	churn();
	drop(with_timer());
	done = signo;
}

static void *signal_main(void *main_thread)
{
	usleep(50000);
	pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
	return NULL;
}

static void in_handler(void)
{
	pthread_t self = pthread_self(), other;

	signal(SIGUSR1, on_signal);
	MUST(pthread_create(&other, NULL, signal_main, &self) == 0);
	while (!done)
		pause();
	pthread_join(other, NULL);
}

static pthread_key_t key;

static void at_thread_end(void *block)
{
	churn();
	drop(block);
}

static void *leave_in_key(void *arg)
{
	MUST(pthread_setspecific(key, with_timer()) == 0);
	return arg;
}

static void in_key_destructor(void)
{
	pthread_t t;

	MUST(pthread_key_create(&key, at_thread_end) == 0);
	MUST(pthread_create(&t, NULL, leave_in_key, NULL) == 0);
	pthread_join(t, NULL);
}

static void wait_well(pid_t child)
{
	int status;

	MUST(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

/* The child frees its copy of the parent's block, whose timer it does not have. */
static void in_fork_child(void)
{
	pid_t child;

	table[0] = with_timer();
	child = fork();
	if (child == 0) {
		churn();
		free(table[0]);
		drop(with_timer());
		_exit(0);
	}
	wait_well(child);
}

static void after_vfork_exec(void)
{
	struct ctx *c = with_timer();
	pid_t child = vfork();

	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	wait_well(child);
	churn();
	drop(c);
}

static void *big_blocks(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		void *block = malloc(BIG);

		MUST(block != NULL);
		free(block);
	}
	return arg;
}

static void on_least_stack(void)
{
	pthread_attr_t least;
	pthread_t t;

	pthread_attr_init(&least);
	MUST(pthread_attr_setstacksize(&least, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
	MUST(pthread_create(&t, &least, big_blocks, NULL) == 0);
	pthread_join(t, NULL);
	puts("1000 blocks");
}

static const struct test_case cases[] = {
    CASE(by_malloc),	    CASE(by_calloc),	     CASE(by_realloc),
    CASE(by_realloc_grown), CASE(by_reallocarray),   CASE(by_reallocarray_grown),
    CASE(by_memalign),	    CASE(by_aligned_alloc),  CASE(by_posix_memalign),
    CASE(by_valloc),	    CASE(by_pvalloc),	     CASE(by_strdup),
    CASE(in_handler),	    CASE(in_key_destructor), CASE(in_fork_child),
    CASE(after_vfork_exec), CASE(on_least_stack),
};

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
