/* SPDX-License-Identifier: MIT */
#include "ties_copy.h"
#include "stack_room.h"
#include "sys.h"

/* From here to the caller of free: below 100 words as gcc builds us, twice that without optimizing.
 * std::vector's own frames are below 60, also without. */
#define WORDS 256

/* Another thread may be about to free that block, so it is never read directly. */
static bool has_handle(const struct tl_timer *timer, uintptr_t at)
{
	size_t size = tl_ties_handle_size(timer);
	uint64_t value = 0;

	return tl_sys_copy(&value, at, size) == size && value == tl_ties_handle(timer);
}

/* Kernel ids are small numbers, which may stand there for something else. */
#define SMALL UINT16_MAX

static enum tl_copy compare(const struct tl_tied *b, uintptr_t start)
{
	uint32_t found = 0;
	uint64_t all = 0;

	for (const struct tl_tie *t = b->ties; t; t = t->next) {
		const struct tl_timer *timer = t->held ? tl_tie_timer(t) : NULL;
		uintptr_t place = timer ? timer->place - b->start + start : 0;

		if (!timer)
			continue;
		if (tl_map_before(place) != start || !has_handle(timer, place))
			return TL_COPY_NONE;
		all |= tl_ties_handle(timer);
		found++;
	}
	if (!all) /* as in fresh memory; or none is held */
		return TL_COPY_NONE;
	return found > 1 || all > SMALL ? TL_COPY_SURE : TL_COPY_MAYBE;
}

/* An array of C++ begins behind its count. */
static uintptr_t block_of(uintptr_t word)
{
	uintptr_t start = word & ~(uintptr_t)(TL_MAP_GRANULE - 1);

	return tl_map_get(start) & TL_MAP_START ? start : 0;
}

/* Where the words begin that may tell: what callers keep in registers is saved below this frame's
 * address on x86-64, above it on aarch64, or further up. */
#define SAVED_BELOW 64

static TL_NOINLINE struct tl_copied look_at_words(const struct tl_tied *b)
{
	uintptr_t words[WORDS], frame = (uintptr_t)__builtin_frame_address(0), last = b->start;
	struct tl_copied best = {0, TL_COPY_NONE};
	size_t got;

	__builtin_unwind_init();
	got = tl_sys_copy(words, frame - SAVED_BELOW, sizeof(words)) / sizeof(words[0]);
	for (size_t i = 0; i < got && best.is != TL_COPY_SURE; i++) {
		uintptr_t start = block_of(words[i]);
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

	return tl_stack_has_room() ? look_at_words(b) : none;
}
