/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls -lm */
/*
 * heap_model SEED [MEAN] [OPERATIONS]: four threads allocate by eight functions, hand their blocks
 * to each other through a table, and free what they find there. The program keeps its own count of
 * what each function allocated and of what is left at the end, and prints it as JSON: an exact heap
 * profile must say the same. One sampled every MEAN bytes must be near: sigma is how far off its
 * bytes are, as a standard deviation.
 *
 * Sizes are usable sizes; realloc ends one block and begins another.
 */
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "cases.h"

#define THREADS	  4
#define FUNCTIONS 8
#define SLOTS	  4096
#define ALLOC	  0
#define END	  1

enum how { MALLOC, CALLOC, REALLOC, POSIX_MEMALIGN, HOWS };

struct count {
	uint64_t objects, bytes;
	double variance;
};

struct worker {
	pthread_t thread;
	uint64_t random;
	struct count counts[FUNCTIONS][2];
};

static struct worker workers[THREADS];
static long operations = 1000000;
static double mean;

/* Blocks that nobody works with: the address, and above it who allocated. */
static _Atomic uint64_t slots[SLOTS];

#define OWNER_SHIFT 56
#define ADDRESS	    (((uint64_t)1 << OWNER_SHIFT) - 1)

static uint64_t next_random(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random >> 8;
}

/* 1 byte to 64 KiB, as many below 256 as above */
static size_t some_size(struct worker *w)
{
	size_t least = (size_t)1 << next_random(w) % 16;

	return least + next_random(w) % least;
}

/* ---- who allocates -------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void *get(enum how how, void *old, size_t size)
{
	void *block = NULL;

	switch (how) {
	case MALLOC:
		return malloc(size);
	case CALLOC:
		return calloc(1, size);
	case REALLOC:
		return realloc(old, size);
	default:
		errno = posix_memalign(&block, 64, size);
		return block;
	}
}

/* The block is written to after the call, so the function is still there during it. */
#define FUNCTION(name, number)                                           \
	static NOINLINE void *name(enum how how, void *old, size_t size) \
	{                                                                \
		char *volatile block = get(how, old, size);              \
                                                                         \
		MUST(block != NULL);                                     \
		block[0] = number;                                       \
		return block;                                            \
	}

FUNCTION(f0, 0)
FUNCTION(f1, 1)
FUNCTION(f2, 2)
FUNCTION(f3, 3)
FUNCTION(f4, 4)
FUNCTION(f5, 5)
FUNCTION(f6, 6)
FUNCTION(f7, 7)

static void *(*const functions[FUNCTIONS])(enum how, void *, size_t) = {f0, f1, f2, f3,
									f4, f5, f6, f7};

/* ---- the count ------------------------------------------------------------------------------ */

/* A block of s bytes is sampled with p = 1 - exp(-s/mean) and then counts s/p: the variance of that
 * is s^2 (1-p)/p. */
static double variance(double size)
{
	return mean > 0 ? size * size / expm1(size / mean) : 0;
}

static void count(struct worker *w, int function, int end, void *block)
{
	struct count *c = &w->counts[function][end];
	size_t size = malloc_usable_size(block);

	c->objects++;
	c->bytes += size;
	c->variance += variance((double)size);
}

static void *take(int slot, int *function)
{
	uint64_t word = atomic_exchange(&slots[slot], 0);

	*function = (int)(word >> OWNER_SHIFT);
	return (void *)(uintptr_t)(word & ADDRESS);
}

static void end_block(struct worker *w, void *block, int function)
{
	count(w, function, END, block);
	free(block);
}

/* Somebody may have put a block there meanwhile. */
static void put(struct worker *w, int slot, void *block, int function)
{
	uint64_t word = (uint64_t)(uintptr_t)block | (uint64_t)function << OWNER_SHIFT;

	word = atomic_exchange(&slots[slot], word);
	if (word)
		end_block(w, (void *)(uintptr_t)(word & ADDRESS), (int)(word >> OWNER_SHIFT));
}

/* No such block can be had, which is to have no effect on what is counted next. */
static void ask_for_too_much(struct worker *w)
{
	volatile size_t size = 0 - ((size_t)1 << next_random(w) % 62);

	MUST(malloc(size) == NULL && calloc(1, size) == NULL && realloc(NULL, size) == NULL);
}

static void allocate(struct worker *w, int slot)
{
	int function = (int)(next_random(w) % FUNCTIONS);
	enum how how = (enum how)(next_random(w) % HOWS);
	void *block = functions[function](how, NULL, some_size(w));

	count(w, function, ALLOC, block);
	put(w, slot, block, function);
	if (next_random(w) % 1024 == 0)
		ask_for_too_much(w);
}

static void reallocate(struct worker *w, int slot, void *old, int before)
{
	int function = (int)(next_random(w) % FUNCTIONS);
	size_t size = some_size(w);
	void *block;

	count(w, before, END, old);
	block = functions[function](REALLOC, old, size);
	count(w, function, ALLOC, block);
	put(w, slot, block, function);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (long i = 0; i < operations / THREADS; i++) {
		int slot = (int)(next_random(w) % SLOTS), function;
		void *block = take(slot, &function);

		if (!block)
			allocate(w, slot);
		else if (next_random(w) % 4)
			end_block(w, block, function);
		else
			reallocate(w, slot, block, function);
	}
	return arg;
}

/* ---- what it says --------------------------------------------------------------------------- */

static struct count sum(int function, int end)
{
	struct count s = {0};

	for (int i = 0; i < THREADS; i++) {
		const struct count *c = &workers[i].counts[function][end];

		s.objects += c->objects;
		s.bytes += c->bytes;
		s.variance += c->variance;
	}
	return s;
}

static void say(int function)
{
	struct count all = sum(function, ALLOC), ended = sum(function, END);
	double left = all.variance - ended.variance;

	printf("%s\"f%d\":{\"alloc_objects\":%ju,\"alloc_bytes\":%ju,\"live_objects\":%ju,"
	       "\"live_bytes\":%ju,\"alloc_sigma\":%.0f,\"live_sigma\":%.0f}",
	       function ? "," : "{", function, (uintmax_t)all.objects, (uintmax_t)all.bytes,
	       (uintmax_t)(all.objects - ended.objects), (uintmax_t)(all.bytes - ended.bytes),
	       sqrt(all.variance), left > 0 ? sqrt(left) : 0);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;

	mean = argc > 2 ? strtod(argv[2], NULL) : 0;
	if (argc > 3)
		operations = strtol(argv[3], NULL, 10);
	for (int i = 0; i < THREADS; i++) {
		workers[i].random = (seed * THREADS + (uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
		MUST(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		MUST(pthread_join(workers[i].thread, NULL) == 0);
	for (int i = 0; i < FUNCTIONS; i++)
		say(i);
	puts("}");
	return 0;
}
