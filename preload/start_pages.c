/* SPDX-License-Identifier: MIT */
#include "start_pages.h"
#include "base.h"
#include "sys.h"

#define PAGE ((size_t)4096)
/* A linker that does not sort may put all variables in between. */
#define MOST ((size_t)128 << 10)

/* Made by the linker. */
extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern char __bss_start[] __attribute__((visibility("hidden")));

/* Behind TL_BEGIN, by its name, and before what of sys.c fills from the front: a page of that. */
static __attribute__((section(".bss.begin.end"))) char end[1];

void tl_start_pages(void)
{
	uintptr_t file = (uintptr_t)__ehdr_start, zeroes = (uintptr_t)__bss_start;
	uintptr_t last = (uintptr_t)end;

	if (zeroes > file)
		tl_sys_populate_read(__ehdr_start, zeroes - file);
	if (last > zeroes && last - zeroes <= MOST)
		tl_sys_populate(__bss_start, last - zeroes + PAGE);
}
