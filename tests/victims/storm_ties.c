/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * storm_ties MODE N: timers whose handle and payload lie in heap blocks, N a thread.
 *
 * blocks: eight threads; a block a timer, which is deleted, moved or, one in a hundred, freed with
 * the handle in it. A handler makes and deletes timers in blocks of its own all the while.
 * array: one thread; all handles in one block, each written and deleted N / 100 times.
 */
#include <pthread.h>
#include <sys/time.h>

#include "heap.h"

enum { THREADS = 8, LEAKED_OF = 100, ARRAY = 100, SIGNALS = 2000 };

static int wanted;
static int signals;
static __thread timer_t *signal_places[2];

static void on_alarm(int signo)
{
	(void)signo;
	if (!signal_places[1] || __atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED) > SIGNALS)
		return;
	make_for(signal_places[0], signal_places[0]);
	make_for(signal_places[1], signal_places[0]);
	MUST(timer_delete(*signal_places[0]) == 0);
	MUST(timer_delete(*signal_places[1]) == 0);
}

static void one_block(int i)
{
	struct ctx *c = new_ctx();

	make_for(&c->timer, i % 2 ? c : NULL);
	if (i % LEAKED_OF != 0) {
		if (i % 10 == 1)
			MUST((c = realloc(c, 4 * sizeof(*c))) != NULL);
		MUST(timer_delete(c->timer) == 0);
	}
	free(c);
}

static void *blocks(void *arg)
{
	for (int i = 0; i < 2; i++)
		MUST((signal_places[i] = calloc(2, sizeof(timer_t))) != NULL);
	for (int i = 0; i < wanted; i++)
		one_block(i);
	return arg;
}

static void storm(void)
{
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	pthread_t t[THREADS];

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < THREADS; i++)
		MUST(pthread_create(&t[i], NULL, blocks, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	if (signals > SIGNALS)
		signals = SIGNALS;
	printf("[%d,%d]\n", THREADS * wanted + 2 * signals, THREADS * wanted / LEAKED_OF);
}

static void array(void)
{
	timer_t *handles = calloc(ARRAY, sizeof(*handles));

	for (int i = 0; i < wanted / ARRAY; i++) {
		for (int k = 0; k < ARRAY; k++)
			make_for(&handles[k], handles);
		for (int k = 0; k < ARRAY; k++)
			MUST(timer_delete(handles[k]) == 0);
	}
	free(handles);
}

int main(int argc, char **argv)
{
	wanted = argc > 2 ? atoi(argv[2]) : 0;
	if (argc > 2 && !strcmp(argv[1], "blocks"))
		storm();
	else if (argc > 2 && !strcmp(argv[1], "array"))
		array();
	else
		return 2;
	return 0;
}
