/* SPDX-License-Identifier: MIT */
#include "ties_copy.h"
#include "alone.h"
#include "real.h"
#include "stack_room.h"
#include "sys.h"

/* From here to the caller of free: below 100 words as gcc builds us, twice that without optimizing.
 * std::vector's own frames are below 60, also without. */
#define WORDS 256

static bool is_there(uint64_t handle, uintptr_t at, size_t size)
{
	return size == 4 ? *(const uint32_t *)at == handle : *(const uint64_t *)at == handle;
}

/* It may lie behind the end of a block, or that be gone by a free that no hook saw. Another thread
 * may be about to free it, too: then the kernel compares. It is not asked that without need, for a
 * filter that came with an exec may kill for a call the program does not make. */
static bool has_handle(const struct tl_timer *timer, uintptr_t at)
{
	size_t size = tl_ties_handle_size(timer);
	uint64_t handle = tl_ties_handle(timer);

	if (at % size)
		return false;
	if (tl_alone())
		return tl_sys_readable((const void *)at, size) && is_there(handle, at, size);
	return tl_sys_word_is(at, (uint32_t)handle) &&
	       (size == 4 || tl_sys_word_is(at + 4, (uint32_t)(handle >> 32)));
}

/* Kernel ids are small numbers that follow each other, as do those of an array of indexes: only
 * libc's own handles, for SIGEV_THREAD, are nothing else. */
#define SMALL UINT16_MAX

/* Behind its end may lie what was freed. While another thread may free it the allocator is not
 * asked: whoever trusts the place looks later. */
static bool ends_before(uintptr_t start, uintptr_t place)
{
	return tl_alone() && place - start >= tl_real_malloc_usable_size((void *)start);
}

/* Of those that are held; 0: none is. */
static uintptr_t last_place(const struct tl_tied *b)
{
	uintptr_t last = 0;

	for (const struct tl_tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = t->held ? tl_tie_timer(t) : NULL;

		if (timer && timer->place > last)
			last = timer->place;
	}
	return last;
}

/* No other block begins on the way to the last place: looked for once, it may be far. */
static enum tl_copy compare(const struct tl_tied *b, uintptr_t start)
{
	uintptr_t last = last_place(b);
	uint64_t all = 0; /* 0 is as in fresh memory: it proves nothing */

	if (!last || tl_map_before(last - b->start + start) != start)
		return TL_COPY_NONE;
	for (const struct tl_tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = t->held ? tl_tie_timer(t) : NULL;

		if (!timer || !timer->place)
			continue;
		if (!has_handle(timer, timer->place - b->start + start))
			return TL_COPY_NONE;
		all |= tl_ties_handle(timer);
	}
	if (!all || ends_before(start, last - b->start + start))
		return TL_COPY_NONE;
	return all > SMALL ? TL_COPY_SURE : TL_COPY_MAYBE;
}

/* An array of C++ begins behind its count. */
static uintptr_t block_of(uintptr_t word)
{
	uintptr_t start = word & ~(uintptr_t)(TL_MAP_GRANULE - 1);

	return tl_map_get(start) & TL_MAP_START ? start : 0;
}

/* How many words from there on can be read. */
static size_t words_from(uintptr_t at)
{
	uintptr_t top = tl_stack_top();

	if (top)
		return top - at < WORDS * sizeof(at) ? (top - at) / sizeof(at) : WORDS;
	if (tl_sys_readable((const void *)at, WORDS * sizeof(at)))
		return WORDS;
	return ((at | 4095) + 1 - at) / sizeof(at);
}

/* Where the words begin that may tell: what callers keep in registers is saved below this frame's
 * address on x86-64, above it on aarch64, or further up. */
#define SAVED_BELOW 64

/* No sanitizer's business: the frames are others', and read as they are. */
__attribute__((no_sanitize("address", "thread"))) static TL_NOINLINE struct tl_copied look_at_words(
    const struct tl_tied *b)
{
	uintptr_t from = (uintptr_t)__builtin_frame_address(0) - SAVED_BELOW, last = b->start;
	struct tl_copied best = {0, TL_COPY_NONE};
	size_t count = words_from(from);

	__builtin_unwind_init();
	for (size_t i = 0; i < count && best.is != TL_COPY_SURE; i++) {
		uintptr_t start = block_of(((const volatile uintptr_t *)from)[i]);
		enum tl_copy is = TL_COPY_NONE;

		if (start && start != last && start != b->start)
			is = compare(b, last = start);
		if (is > best.is)
			best = (struct tl_copied){start, is};
	}
	return best;
}

struct tl_copied tl_ties_copy_of(const struct tl_tied *b)
{
	struct tl_copied none = {0, TL_COPY_NONE};

	if (tl_load(&tl_sys_quiet) || !tl_stack_has_room())
		return none;
	return look_at_words(b);
}
