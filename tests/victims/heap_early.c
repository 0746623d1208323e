/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin -fno-optimize-sibling-calls -Wl,-rpath,$ORIGIN -learlyheap */
/*
 * Allocation before main: in .preinit_array, where not even libraries are ready, in a library's
 * constructor, in the program's first. What is freed holds a handle.
 */
#include "heap.h"

void earlyheap_free_first(void);

static struct ctx *volatile earliest;

static struct ctx *with_timer(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	return c;
}

static void make_earliest(int argc, char **argv, char **env)
{
	(void)argc, (void)argv, (void)env;
	earliest = with_timer();
}

__attribute__((section(".preinit_array"), used)) static void (*early)(int, char **,
								      char **) = make_earliest;

static void __attribute__((constructor(101))) make_and_free(void)
{
	free(with_timer());
}

int main(void)
{
	free(earliest);
	earlyheap_free_first();
	return 0;
}
