/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin */
/*
 * heap_refused HOW: one timer; the allocator refuses; and what is allocated is to be counted as if
 * it had not.
 *
 *   huge   more than there can be, once by each call; then 100 blocks of 100,000 bytes, all kept
 *   often  8 MiB, before each of 300,000 blocks of 1,000 bytes, none of which is kept
 */
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

enum { BLOCKS = 100, SIZE = 100000, TIMES = 300000, SMALL = 1000, LARGE = 8 << 20 };

static void *kept[BLOCKS];
static volatile size_t most = SIZE_MAX;

static void make_timer(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
}

static void huge(void)
{
	make_timer();
	for (int shift = 0; shift < 2; shift++) {
		size_t size = shift ? most - ((size_t)1 << 40) : most;

		MUST(!malloc(size));
		MUST(!calloc(1, size));
		MUST(!realloc(NULL, size));
		MUST(!aligned_alloc(64, size & ~(size_t)63));
	}
	for (int i = 0; i < BLOCKS; i++)
		MUST((kept[i] = malloc(SIZE)));
}

static void forbid_more(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	struct rlimit limit;
	unsigned long pages;

	MUST(statm && fscanf(statm, "%lu", &pages) == 1);
	fclose(statm);
	MUST(getrlimit(RLIMIT_AS, &limit) == 0);
	limit.rlim_cur = pages * (unsigned long)getpagesize() + LARGE / 2;
	MUST(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void often(void)
{
	make_timer();
	mallopt(M_MMAP_THRESHOLD, LARGE * 2);
	mallopt(M_TRIM_THRESHOLD, LARGE * 2);
	free(malloc(LARGE / 4)); /* what the small ones come from */
	forbid_more();
	for (int i = 0; i < TIMES; i++) {
		void *p;

		MUST(!malloc(LARGE));
		MUST((p = malloc(SMALL)));
		free(p);
	}
}

static const struct test_case all[] = {CASE(huge), CASE(often)};

int main(int argc, char **argv)
{
	return RUN_CASE(all, argc, argv);
}
