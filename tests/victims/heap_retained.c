/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * What timers keep alive: contexts with lists of blocks, and beside them blocks that others have.
 * And what deleted timers left behind. Printed is what the test has to know of sizes.
 */
#include <malloc.h>
#include <pthread.h>
#include <string.h>

#include "heap.h"

#define TIMERS	5
#define BLOCKS	16
#define BLOCK	((size_t)65536)
#define DELETED 7
#define PAYLOAD ((size_t)10240)

struct owner {
	struct block *blocks;
	char room[600];
	timer_t timer;
};

struct block {
	struct block *next;
};

static void *volatile unrelated[50];
static void *volatile also[TIMERS > DELETED ? TIMERS : DELETED];
static struct owner *volatile kept;

static NOINLINE void *get_block(size_t size)
{
	void *block = calloc(1, size); /* ALLOC */

	MUST(block != NULL);
	return block;
}

static struct owner *new_owner(void)
{
	return calloc(1, sizeof(struct owner));
}

static void add_blocks(struct owner *o)
{
	for (int i = 0; i < BLOCKS; i++) {
		struct block *b = get_block(BLOCK);

		b->next = o->blocks;
		o->blocks = b;
	}
}

/* Between the others, and behind the last of them. */
static void add_unrelated(int nth)
{
	for (int i = 0; i < 10; i++)
		unrelated[nth * 10 + i] = calloc(1, BLOCK);
}

/* ---- kept alive ----------------------------------------------------------------------------- */

/* Only the payload leads to the context. */
static void by_payload(void)
{
	for (int i = 0; i < TIMERS; i++) {
		struct owner *o = new_owner();

		add_blocks(o);
		make_for(&o->timer, o);
		arm(o->timer);
		add_unrelated(i);
	}
}

static void *add_one(void *arg)
{
	struct owner *o = arg;
	struct block *b = get_block(BLOCK);

	b->next = o->blocks;
	o->blocks = b;
	return NULL;
}

/* Each of the blocks was allocated by a thread of its own, all by the same stack. What stays of the
 * threads' own stacks must not lead to them. */
static void by_threads(void)
{
	static _Alignas(4096) char room[1 << 18];
	struct owner *o = new_owner();
	pthread_attr_t attributes;
	pthread_t thread;

	MUST(pthread_attr_init(&attributes) == 0);
	MUST(pthread_attr_setstack(&attributes, room, sizeof(room)) == 0);
	for (int i = 0; i < BLOCKS; i++) {
		MUST(pthread_create(&thread, &attributes, add_one, o) == 0);
		MUST(pthread_join(thread, NULL) == 0);
		memset(room, 0, sizeof(room));
	}
	make_for(&o->timer, o);
	arm(o->timer);
}

/* The handle is in the context, and nobody leads to it. */
static void by_place(void)
{
	for (int i = 0; i < TIMERS; i++) {
		struct owner *o = new_owner();

		add_blocks(o);
		make(&o->timer);
		add_unrelated(i);
	}
}

/* Somebody else has the blocks too. */
static void shared_with_static(void)
{
	size_t owners = 0;

	for (int i = 0; i < TIMERS; i++) {
		struct owner *o = new_owner();

		add_blocks(o);
		also[i] = o->blocks;
		make_for(&o->timer, o);
		arm(o->timer);
		owners += malloc_usable_size(o);
		add_unrelated(i);
	}
	printf("%zu\n", owners);
}

/* Two timers of one context: it counts once. */
static void two_timers_one_owner(void)
{
	struct owner *o = new_owner();
	timer_t second;

	add_blocks(o);
	make_for(&o->timer, o);
	arm(o->timer);
	make_for(&second, o);
	arm(second);
	printf("%zu\n", malloc_usable_size(o) + BLOCKS * malloc_usable_size(o->blocks));
	add_unrelated(0);
}

/* Of two blocks that lead to each other one is the payload. */
static void circular(void)
{
	struct block *a = get_block(BLOCK), *b = get_block(BLOCK);
	timer_t t;

	a->next = b;
	b->next = a;
	make_for(&t, a);
	arm(t);
	printf("%zu\n", malloc_usable_size(a) + malloc_usable_size(b));
	add_unrelated(0);
}

static void thread_payload(void)
{
	void *block = get_block(BLOCK);
	timer_t t;

	make_thread(&t, block);
	arm(t);
	printf("%zu\n", malloc_usable_size(block));
	add_unrelated(0);
}

/* Held timers keep something alive too, but nothing of it is lost. */
static void held(void)
{
	kept = new_owner();
	add_blocks(kept);
	make(&kept->timer);
	add_unrelated(0);
}

/* ---- left behind ---------------------------------------------------------------------------- */

static void delete_seven(void (*make_one)(timer_t *, void *), void (*then)(int, void *))
{
	timer_t t;

	for (int i = 0; i < DELETED; i++) {
		void *payload = get_block(PAYLOAD);

		make_one(&t, payload);
		arm(t);
		MUST(timer_delete(t) == 0);
		then(i, payload);
	}
	add_unrelated(0);
}

static void lose(int i, void *payload)
{
	(void)i, (void)payload;
}

static void keep(int i, void *payload)
{
	also[i] = payload;
}

static void drop(int i, void *payload)
{
	(void)i;
	free(payload);
}

static void deleted_lost(void)
{
	delete_seven(make_for, lose);
}

static void deleted_lost_thread(void)
{
	delete_seven(make_thread, lose);
}

static void deleted_kept(void)
{
	delete_seven(make_for, keep);
}

static void deleted_freed(void)
{
	delete_seven(make_for, drop);
}

static const struct test_case cases[] = {
    CASE(by_payload),		CASE(by_place),
    CASE(by_threads),		CASE(shared_with_static),
    CASE(two_timers_one_owner), CASE(circular),
    CASE(thread_payload),	CASE(held),
    CASE(deleted_lost),		CASE(deleted_lost_thread),
    CASE(deleted_kept),		CASE(deleted_freed),
};

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
