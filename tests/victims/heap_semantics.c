/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin */
/*
 * What libc's allocation functions answer, edges included: a transcript that is the same with and
 * without the shim. No addresses, and no sizes that libc does not promise.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

#include "cases.h"

/* Not known to the compiler, which would warn of them. */
static volatile size_t huge = SIZE_MAX, half = SIZE_MAX / 2, none, three = 3;

static void say(const char *what, long value)
{
	printf("%s: %ld\n", what, value);
}

/* A block or none, and errno. */
static void said(const char *what, void *block)
{
	int error = errno;

	printf("%s: %s, errno %d\n", what, block ? "a block" : "none", error);
	free(block);
	errno = 0;
}

static void free_keeps_errno(void)
{
	static const size_t sizes[] = {24, 2000, 100000, 1 << 20, 64 << 20};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		void *block = malloc(sizes[i]);

		errno = 77;
		free(block);
		say("errno after free", errno);
	}
	free(NULL);
	say("errno after free of NULL", errno);
	errno = 0;
}

static void no_bytes(void)
{
	void *block;

	said("malloc(0)", malloc(none));
	said("calloc(0, 8)", calloc(none, 8));
	said("calloc(8, 0)", calloc(8, none));
	said("realloc(NULL, 0)", realloc(NULL, none));
	said("reallocarray(NULL, 8, 0)", reallocarray(NULL, 8, none));
	said("realloc(block, 0)", realloc(malloc(8), none));
	said("reallocarray(block, 0, 8)", reallocarray(malloc(8), none, 8));
	said("memalign(64, 0)", memalign(64, none));
	said("aligned_alloc(64, 0)", aligned_alloc(64, none));
	said("valloc(0)", valloc(none));
	said("pvalloc(0)", pvalloc(none));
	say("posix_memalign(64, 0)", posix_memalign(&block, 64, none));
	free(block);
}

static void too_many_bytes(void)
{
	void *block = &block;

	said("malloc", malloc(huge));
	said("malloc of more than half", malloc(half + 1));
	said("calloc that overflows", calloc(half, three));
	said("calloc", calloc(huge, 1));
	said("realloc", realloc(NULL, huge));
	said("reallocarray that overflows", reallocarray(NULL, half, three));
	said("memalign", memalign(64, huge));
	said("memalign to more than half", memalign(half + 2, 8));
	said("aligned_alloc", aligned_alloc(64, huge));
	said("valloc", valloc(huge));
	said("pvalloc", pvalloc(huge));
	say("posix_memalign", posix_memalign(&block, 64, huge));
	say("errno", errno);
	say("pointer untouched", block == (void *)&block);
}

/* A realloc that fails leaves the block as it was. */
static void failed_realloc(void)
{
	char *volatile block = strdup("as it was");

	say("realloc", realloc(block, huge) != NULL);
	say("errno", errno);
	say("reallocarray", reallocarray(block, half, three) != NULL);
	say("errno", errno);
	printf("%s\n", block);
	free(block);
	errno = 0;
}

static void alignments(void)
{
	static const size_t bad[] = {0, 1, 3, 4, 7, 24, 65};
	void *block;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		block = &block;
		say("posix_memalign, bad", posix_memalign(&block, bad[i], 10));
		say("pointer untouched", block == (void *)&block);
	}
	for (size_t a = 8; a <= 1 << 16; a *= 2) {
		MUST(posix_memalign(&block, a, 10) == 0);
		say("posix_memalign, rest", (long)((uintptr_t)block % a));
		free(block);
		block = memalign(a, 10);
		say("memalign, rest", (long)((uintptr_t)block % a));
		free(block);
		block = aligned_alloc(a, a);
		say("aligned_alloc, rest", (long)((uintptr_t)block % a));
		free(block);
	}
	block = valloc(10);
	say("valloc, rest", (long)((uintptr_t)block % 4096));
	free(block);
	block = pvalloc(10);
	say("pvalloc, rest", (long)((uintptr_t)block % 4096));
	say("pvalloc, a page", malloc_usable_size(block) >= 4096);
	free(block);
	said("memalign to 3", memalign(three, 10));
	said("memalign to 0", memalign(none, 10));
}

/* All that may be used is used. */
static void usable(void)
{
	static void *blocks[3000];
	long less = 0, skew = 0;

	for (size_t i = 0; i < 3000; i++) {
		blocks[i] = malloc(i);
		less += malloc_usable_size(blocks[i]) < i;
		skew += (uintptr_t)blocks[i] % 16 != 0;
		memset(blocks[i], 0xff, malloc_usable_size(blocks[i]));
	}
	for (size_t i = 0; i < 3000; i++)
		free(blocks[i]);
	say("less than asked for", less);
	say("not aligned", skew);
	say("usable of NULL", (long)malloc_usable_size(NULL));
}

static long differing(const unsigned char *block, size_t size, unsigned char want)
{
	long n = 0;

	for (size_t i = 0; i < size; i++)
		n += block[i] != want;
	return n;
}

static void contents(void)
{
	unsigned char *block = memset(malloc(100), 7, 100);

	for (size_t size = 100; size <= 8 << 20; size *= 2) {
		block = realloc(block, size);
		say("lost when it grew", differing(block, 100, 7));
	}
	for (size_t size = 8 << 20; size >= 100; size /= 3) {
		block = realloc(block, size);
		say("lost when it shrank", differing(block, 100, 7));
	}
	free(block);
	for (size_t size = 10; size <= 1 << 20; size *= 3) {
		block = malloc(size);
		memset(block, 9, size);
		free(block);
		block = calloc(size, 1);
		say("not zero", differing(block, size, 0));
		free(block);
	}
}

int main(void)
{
	free_keeps_errno();
	no_bytes();
	too_many_bytes();
	failed_realloc();
	alignments();
	usable();
	contents();
	return 0;
}
