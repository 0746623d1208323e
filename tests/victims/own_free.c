/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin */
/*
 * A program with a free of its own in front of libc's, as for statistics. The handle lies in a
 * block that it frees and still points to.
 */
#include "heap.h"

void __libc_free(void *block);

static long freed;
static struct ctx *volatile stale __attribute__((unused));

void free(void *block)
{
	freed++;
	__libc_free(block);
}

int main(void)
{
	stale = new_ctx();
	make(&stale->timer);
	free(stale);
	return freed == 0;
}
