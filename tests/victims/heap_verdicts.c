/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * Blocks that hold a handle, or that a notification carries, and what becomes of them: freed,
 * moved, written twice.
 */
#include <malloc.h>
#include <stddef.h>

#include "heap.h"

static timer_t handle;
static struct ctx *volatile kept;

static NOINLINE void drop(void *block)
{
	free(block); /* FREE */
}

/* It must move: the new size comes from a mapping of its own. */
static NOINLINE void *move(void *block)
{
	uintptr_t before = (uintptr_t)block;
	void *moved = realloc(block, 2 * BIG); /* MOVE */

	MUST(moved && (uintptr_t)moved != before);
	return moved;
}

/* ---- the block of the handle ---------------------------------------------------------------- */

static void handle_freed(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	drop(c);
}

static void handle_freed_armed(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	arm(c->timer);
	drop(c);
}

static void handle_freed_armed_signal(void)
{
	struct ctx *c = new_ctx();

	make_for(&c->timer, NULL);
	arm(c->timer);
	drop(c);
}

static void handle_freed_disarmed(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	arm(c->timer);
	disarm(c->timer);
	drop(c);
}

/* One call, and so one site, however much the compiler likes to peel loops. */
static void handle_freed_five(void)
{
	for (volatile int i = 0; i < 5; i++)
		handle_freed();
}

static void handle_cleared(void)
{
	struct ctx *c = new_ctx();

	spend_id_0();
	make(&c->timer);
	c->timer = 0;
	drop(c);
}

static timer_t copied_then_freed(void)
{
	struct ctx *c = new_ctx();
	timer_t copy;

	make(&c->timer);
	copy = c->timer;
	drop(c);
	return copy;
}

static void handle_freed_settime(void)
{
	arm(copied_then_freed());
}

static void handle_freed_gettime(void)
{
	struct itimerspec left;

	MUST(timer_gettime(copied_then_freed(), &left) == 0);
}

static void handle_freed_getoverrun(void)
{
	MUST(timer_getoverrun(copied_then_freed()) == 0);
}

static void handle_freed_deleted(void)
{
	MUST(timer_delete(copied_then_freed()) == 0);
}

/* What was in it is still in it, but it is another block. */
static void handle_freed_reused(void)
{
	handle_freed();
	kept = malloc(sizeof(*kept));
}

/* ---- the block was copied ------------------------------------------------------------------- */

/* As a container does that grows; `notify` makes a small number of the handle, or a large one. */
static struct ctx *copied(int notify)
{
	struct ctx *c = new_ctx(), *copy = new_ctx();

	spend_id_0();
	make_as(notify, &c->timer, NULL, call_back);
	memcpy(copy, c, sizeof(*c));
	drop(c);
	return copy;
}

static void copy_held(void)
{
	kept = copied(SIGEV_THREAD);
}

static void copy_held_small(void)
{
	kept = copied(SIGEV_NONE);
}

/* Where another might free the copy meanwhile. */
static void copy_held_of_two(void)
{
	be_two();
	kept = copied(SIGEV_THREAD);
}

static void copy_freed(void)
{
	drop(copied(SIGEV_THREAD));
}

static void copy_lost(void)
{
	kept = copied(SIGEV_THREAD);
	kept = NULL;
}

/* Only what has the handle where the freed block had it is a copy of that. */
static void copy_elsewhere(void)
{
	struct ctx *c = new_ctx(), *other = new_ctx();

	make_thread(&c->timer, NULL);
	memcpy(other->room, &c->timer, sizeof(c->timer));
	drop(c);
	kept = other;
}

static void copy_elsewhere_of_two(void)
{
	be_two();
	copy_elsewhere();
}

/* The first handle of a process is 0, as is fresh memory. */
static void copy_of_zero(void)
{
	struct ctx *c = new_ctx(), *other = new_ctx();

	make(&c->timer);
	drop(c);
	kept = other;
}

/* The handle is as far behind a small block at hand as it was in the freed one: in another block.
 */
static void copy_beyond(void)
{
	struct ctx *c = new_ctx();
	char *small = malloc(24), *next = malloc(sizeof(*c));

	MUST(small && next);
	if (next < small || next - small > 64)
		skip("malloc gives blocks that do not follow each other");
	make_thread(&c->timer, NULL);
	memcpy(small + offsetof(struct ctx, timer), &c->timer, sizeof(c->timer));
	drop(c);
	printf("%p %p\n", (void *)small, (void *)next);
}

/* Nothing is mapped as far behind a small block. */
static void copy_nowhere(void)
{
	char *big = malloc(64 * BIG), *small;

	MUST(big != NULL);
	make((timer_t *)(big + 32 * BIG));
	MUST((small = malloc(1000)) != NULL);
	drop(big);
	printf("%p\n", (void *)small);
}

static void copy_nowhere_of_two(void)
{
	be_two();
	copy_nowhere();
}

static void drop_copied(void)
{
	struct ctx *copy = new_ctx();

	memcpy(copy, kept, sizeof(*copy));
	drop(kept);
	kept = copy;
}

/* It was held until then, and what exit() does proves nothing. */
static void copy_at_exit(void)
{
	spend_id_0();
	kept = new_ctx();
	make(&kept->timer);
	MUST(atexit(drop_copied) == 0);
}

static void *interior(void)
{
	char *block = malloc(BIG);

	MUST(block != NULL);
	make((timer_t *)(block + BIG / 2));
	return block;
}

static void interior_freed(void)
{
	drop(interior());
}

static void interior_held(void)
{
	kept = interior();
}

static void interior_lost(void)
{
	interior();
}

static void *made_then_moved(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	return move(c);
}

static void moved_held(void)
{
	kept = made_then_moved();
}

static void moved_again_held(void)
{
	kept = realloc(made_then_moved(), 64 * BIG);
}

static void moved_freed(void)
{
	drop(made_then_moved());
}

static void moved_lost(void)
{
	made_then_moved();
}

static void realloc_to_nothing(void)
{
	struct ctx *c = new_ctx();
	volatile size_t nothing = 0;

	make(&c->timer);
	MUST(realloc(c, nothing) == NULL); /* END */
}

/* ---- the payload's block -------------------------------------------------------------------- */

static void *armed_for_block(void)
{
	char *block = malloc(100);

	make_for(&handle, block);
	arm(handle);
	return block;
}

static void payload_freed(void)
{
	drop(armed_for_block());
}

static void payload_freed_disarmed(void)
{
	drop(armed_for_block());
	disarm(handle);
}

static void payload_freed_deleted(void)
{
	drop(armed_for_block());
	MUST(timer_delete(handle) == 0);
}

static void payload_freed_reused(void)
{
	drop(armed_for_block());
	kept = malloc(100);
}

static void payload_freed_thread(void)
{
	char *block = malloc(100);

	make_thread(&handle, block);
	arm(handle);
	drop(block);
}

static void payload_interior(void)
{
	char *block = malloc(100);

	make_for(&handle, block + 40);
	arm(handle);
	drop(block);
}

static void payload_freed_then_armed(void)
{
	char *block = malloc(100);

	make_for(&handle, block);
	drop(block);
	arm(handle);
}

static void payload_freed_unarmed(void)
{
	char *block = malloc(100);
	timer_t t;

	make_for(&t, block);
	drop(block);
}

static void payload_freed_none(void)
{
	char *block = malloc(100);
	timer_t t;

	make_none(&t, block);
	arm(t);
	drop(block);
}

static void payload_moved(void)
{
	kept = move(armed_for_block());
}

static void payload_same_size(void)
{
	kept = realloc(armed_for_block(), 100);
}

/* Its own context is what its notification carries, as most programs have it. */
static void own_payload_freed(void)
{
	struct ctx *c = new_ctx();

	make_for(&c->timer, c);
	arm(c->timer);
	drop(c);
}

/* ---- written twice -------------------------------------------------------------------------- */

static void over(void)
{
	kept = new_ctx();
	make(&kept->timer);
	make(&kept->timer);
}

static void over_lost(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	make(&c->timer);
	put_last();
}

static void over_after_move(void)
{
	kept = made_then_moved();
	make(&kept->timer);
}

static void over_new_life(void)
{
	struct ctx *c = new_ctx();
	uintptr_t first = (uintptr_t)c;

	make(&c->timer);
	drop(c);
	kept = malloc(sizeof(*kept));
	if ((uintptr_t)kept != first)
		skip("malloc gives another block");
	make(&kept->timer);
}

static void over_cleared(void)
{
	spend_id_0();
	kept = new_ctx();
	make(&kept->timer);
	kept->timer = 0;
	make(&kept->timer);
}

/* Only the last but one lies under the last. */
static void over_cleared_and_over(void)
{
	over_cleared();
	make(&kept->timer);
}

/* The handles of others say nothing about this place. */
static void over_another(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	kept = new_ctx();
	kept->next = c;
	kept->timer = c->timer;
	make(&kept->timer);
}

static void over_used(void)
{
	timer_t first;

	kept = new_ctx();
	make(&kept->timer);
	first = kept->timer;
	make(&kept->timer);
	arm(first);
}

static void over_deleted(void)
{
	timer_t first;

	kept = new_ctx();
	make(&kept->timer);
	first = kept->timer;
	make(&kept->timer);
	MUST(timer_delete(first) == 0);
}

static void staging(void)
{
	timer_t t[3];

	kept = new_ctx();
	for (int i = 0; i < 3; i++) {
		make(&kept->timer);
		t[i] = kept->timer;
	}
	arm(t[0]);
}

/* The first was used before the second was overwritten. */
static void staging_known(void)
{
	timer_t first;

	kept = new_ctx();
	make(&kept->timer);
	first = kept->timer;
	make(&kept->timer);
	arm(first);
	make(&kept->timer);
}

/* It was one in the first block; the second is another, at the same address. */
static void staging_new_life(void)
{
	struct ctx *c = new_ctx();
	uintptr_t first = (uintptr_t)c;
	timer_t t;

	make(&c->timer);
	t = c->timer;
	make(&c->timer);
	arm(t);
	MUST(timer_delete(t) == 0 && timer_delete(c->timer) == 0);
	drop(c);
	kept = malloc(sizeof(*kept));
	if ((uintptr_t)kept != first)
		skip("malloc gives another block");
	make(&kept->timer);
	make(&kept->timer);
}

/* ---- one block, two timers ------------------------------------------------------------------ */

static void shared_payload(void)
{
	void *block = malloc(BIG);
	timer_t t;

	make_for(&t, block);
	arm(t);
	make_for(&t, block);
	arm(t);
	printf("%zu\n", malloc_usable_size(block));
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(handle_freed),
	    CASE(handle_freed_armed),
	    CASE(handle_freed_armed_signal),
	    CASE(handle_freed_disarmed),
	    CASE(handle_freed_five),
	    CASE(handle_cleared),
	    CASE(handle_freed_settime),
	    CASE(handle_freed_gettime),
	    CASE(handle_freed_getoverrun),
	    CASE(handle_freed_deleted),
	    CASE(handle_freed_reused),
	    CASE(copy_held),
	    CASE(copy_held_small),
	    CASE(copy_freed),
	    CASE(copy_lost),
	    CASE(copy_elsewhere),
	    CASE(copy_held_of_two),
	    CASE(copy_elsewhere_of_two),
	    CASE(copy_of_zero),
	    CASE(copy_beyond),
	    CASE(copy_nowhere),
	    CASE(copy_nowhere_of_two),
	    CASE(copy_at_exit),
	    CASE(interior_freed),
	    CASE(interior_held),
	    CASE(interior_lost),
	    CASE(moved_held),
	    CASE(moved_again_held),
	    CASE(moved_freed),
	    CASE(moved_lost),
	    CASE(realloc_to_nothing),
	    CASE(payload_freed),
	    CASE(payload_freed_disarmed),
	    CASE(payload_freed_deleted),
	    CASE(payload_freed_reused),
	    CASE(payload_freed_thread),
	    CASE(payload_interior),
	    CASE(payload_freed_then_armed),
	    CASE(payload_freed_unarmed),
	    CASE(payload_freed_none),
	    CASE(payload_moved),
	    CASE(payload_same_size),
	    CASE(own_payload_freed),
	    CASE(over),
	    CASE(over_lost),
	    CASE(over_after_move),
	    CASE(over_new_life),
	    CASE(over_cleared),
	    CASE(over_cleared_and_over),
	    CASE(over_another),
	    CASE(over_used),
	    CASE(over_deleted),
	    CASE(staging),
	    CASE(staging_known),
	    CASE(staging_new_life),
	    CASE(shared_payload),
	};

	return RUN_CASE(cases, argc, argv);
}
