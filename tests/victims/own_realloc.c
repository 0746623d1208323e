/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin */
/*
 * A program with a realloc of its own in front of libc's. The handle lies in a block that it moves.
 */
#include "heap.h"

void *__libc_realloc(void *block, size_t size);

static struct ctx *volatile held;

void *realloc(void *block, size_t size)
{
	return __libc_realloc(block, size);
}

int main(void)
{
	held = new_ctx();
	make(&held->timer);
	held = realloc(held, 2 * BIG);
	return 0;
}
