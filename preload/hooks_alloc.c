/* SPDX-License-Identifier: MIT */
/*
 * malloc and its kin.
 *
 * A block is entered into the map after the allocator gave it and taken out before it gets it
 * back, so that a thread which is given the same address in between finds nothing of the old one.
 * errno is the allocator's; free keeps it, as glibc's does since 2.33.
 */
#include "hooks_alloc.h"
#include "heap_boot.h"
#include "heap_count.h"
#include "hooks.h"
#include "ties.h"
#include <malloc.h>
#include <string.h>

/* ---- the rare part ------------------------------------------------------------------------ */

TL_HOT TL_NOINLINE void tl_alloc_count(void *p, size_t size, const struct tl_called *called)
{
	int error = errno;

	if (tl_life_running())
		tl_count_block(p, size, called);
	else
		tl_heap_gap = 0;
	errno = error;
}

TL_HOT TL_NOINLINE bool tl_alloc_dying_slow(void *p, uint8_t bits)
{
	int error = errno;

	if (bits & TL_MAP_COUNTED && tl_life_running())
		tl_count_end(p);
	if (bits & TL_MAP_TIED && tl_life_running())
		tl_ties_freed((uintptr_t)p);
	else if (bits & TL_MAP_TIED)
		tl_map_clear((uintptr_t)p);
	errno = error;
	return bits || !tl_boot_owns(p);
}

/* Finds the allocator, if that was not done yet. false: what is asked for now must come out of
 * the bootstrap pool. */
static TL_COLD bool have_allocator(void)
{
	return tl_load(&tl_heap_entry.stage) != TL_HEAP_FRESH || tl_heap_first();
}

static TL_COLD void *without_allocator(size_t size, size_t alignment)
{
	void *p = tl_boot_alloc(size, alignment);

	if (!p)
		errno = ENOMEM;
	return p;
}

/* The heap is off, or this is the first call. */
#define EARLY(name, size, alignment, ...)                                                         \
	do {                                                                                      \
		if (!have_allocator())                                                            \
			return without_allocator(size, alignment);                                \
		if (!tl_alloc_on())                                                               \
			return tl_load(&tl_real_##name) ? tl_real_##name(__VA_ARGS__) : absent(); \
	} while (0)

static TL_COLD void *absent(void)
{
	errno = ENOMEM;
	return NULL;
}

/* ---- malloc, calloc, free ----------------------------------------------------------------- */

static TL_COLD void *malloc_early(size_t size)
{
	EARLY(malloc, size, 0, size);
	return malloc(size);
}

/* What is refused takes what it asked for off all the same, as it did where it was less. */
static void *counted(void *p, size_t size, const struct tl_called *called)
{
	if (tl_unlikely(!p))
		tl_count_refused();
	return tl_alloc_born(p, size, called);
}

TL_HOT static TL_NOINLINE void *malloc_counted(size_t size, const struct tl_called *called)
{
	return counted(tl_heap_hot.malloc(size), size, called);
}

TL_HOT TL_EXPORT void *malloc(size_t size)
{
	if (!tl_alloc_on())
		return tl_alloc_off() ? tl_heap_hot.malloc(size) : malloc_early(size);
	size = tl_alloc_size(size);
	if (tl_unlikely(!tl_alloc_passes(size)))
		return tl_not_last(malloc_counted(size, TL_CALLED));
	return tl_alloc_passed(tl_heap_entry.malloc(size));
}

static TL_COLD void *calloc_early(size_t count, size_t each)
{
	EARLY(calloc, count * each, 0, count, each);
	return calloc(count, each);
}

TL_HOT static TL_NOINLINE void *calloc_counted(size_t count, size_t each,
					       const struct tl_called *called)
{
	return counted(tl_heap_hot.calloc(count, each), count * each, called);
}

TL_HOT TL_EXPORT void *calloc(size_t count, size_t each)
{
	size_t size;

	if (!tl_alloc_on())
		return tl_alloc_off() ? tl_heap_hot.calloc(count, each) : calloc_early(count, each);
	if (tl_unlikely(__builtin_mul_overflow(count, each, &size)))
		return tl_heap_hot.calloc(count, each); /* fails, as it likes to */
	if (tl_unlikely(size < TL_MAP_GRANULE)) {
		count = 1;
		each = size = TL_MAP_GRANULE;
	}
	if (tl_unlikely(!tl_alloc_passes(size)))
		return tl_not_last(calloc_counted(count, each, TL_CALLED));
	return tl_alloc_passed(tl_heap_entry.calloc(count, each));
}

static TL_COLD void free_early(void *p)
{
	if (tl_boot_owns(p) || !have_allocator())
		return;
	tl_real_free(p);
}

TL_HOT TL_EXPORT void free(void *p)
{
	if (!tl_alloc_on()) {
		if (tl_alloc_off())
			tl_heap_hot.free(p);
		else
			free_early(p);
		return;
	}
	if (p && tl_alloc_dying(p))
		tl_heap_hot.free(p);
}

TL_EXPORT void free_sized(void *p, size_t size)
{
	(void)size;
	free(p);
}

TL_EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	free(p);
}

/* ---- realloc ------------------------------------------------------------------------------ */

static TL_COLD void *move_from_boot(void *p, size_t size)
{
	size_t old = tl_boot_size(p);
	void *to = malloc(size);

	if (to)
		memcpy(to, p, old < size ? old : size);
	return to;
}

/* The block has ties: they follow it, or end. */
static TL_NOINLINE void *realloc_tied(void *p, size_t size)
{
	struct tl_ties_move move;
	bool running = tl_life_running();
	void *to;
	int error;

	if (running)
		tl_ties_move_begin(&move, (uintptr_t)p);
	else
		tl_map_clear((uintptr_t)p);
	to = tl_real_realloc(p, size);
	error = errno;
	if (running)
		tl_ties_move_end(&move, to || size ? (uintptr_t)to : 0, !to && size);
	errno = error;
	return to;
}

/* It ends here and begins again, also in place. Failing, it is as it was. */
static void *realloc_known(void *p, size_t size, uint8_t bits, const struct tl_called *called)
{
	uintptr_t was = (uintptr_t)p;
	bool counted = bits & TL_MAP_COUNTED && tl_life_running();
	struct tl_counted keep;
	void *to;

	if (counted)
		tl_count_detach(was, &keep);
	to = tl_unlikely(bits & TL_MAP_TIED) ? realloc_tied(p, size) : tl_heap_hot.realloc(p, size);
	if (tl_unlikely(!to && size)) {
		tl_map_set(was, bits);
		if (counted)
			tl_count_attach(was, &keep);
		return NULL;
	}
	if (counted)
		tl_count_drop(&keep);
	tl_alloc_born(to, size, called);
	if (to && tl_unlikely(bits & TL_MAP_TIED))
		tl_map_mark((uintptr_t)to, TL_MAP_TIED);
	return to;
}

static TL_COLD void *realloc_early(void *p, size_t size)
{
	if (p && tl_boot_owns(p))
		return move_from_boot(p, size);
	EARLY(realloc, size, 0, p, size);
	return realloc(p, size);
}

TL_HOT static void *reallocate(void *p, size_t size, const struct tl_called *called)
{
	uint8_t bits;

	if (!tl_alloc_on())
		return tl_alloc_off() ? tl_heap_hot.realloc(p, size) : realloc_early(p, size);
	if (!p)
		return tl_alloc_born(tl_heap_hot.realloc(NULL, tl_alloc_size(size)),
				     tl_alloc_size(size), called);
	if (size)
		size = tl_alloc_size(size);
	bits = tl_map_take((uintptr_t)p);
	if (tl_unlikely(!bits && tl_boot_owns(p)))
		return move_from_boot(p, size);
	return realloc_known(p, size, bits, called);
}

TL_HOT TL_EXPORT void *realloc(void *p, size_t size)
{
	return tl_not_last(reallocate(p, size, TL_CALLED));
}

/* Other allocators have none, also those in front of us, whose blocks are nothing to what lies
 * behind us: the libc's calls the realloc that the program has. Where that is ours, at once. */
TL_EXPORT void *reallocarray(void *p, size_t count, size_t each)
{
	size_t size;

	if (tl_unlikely(!tl_heap_in_front()) && have_allocator() && tl_load(&tl_real_reallocarray))
		return tl_real_reallocarray(p, count, each);
	if (__builtin_mul_overflow(count, each, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	return tl_not_last(reallocate(p, size, TL_CALLED));
}

/* ---- with an alignment -------------------------------------------------------------------- */

TL_EXPORT void *memalign(size_t alignment, size_t size)
{
	if (tl_unlikely(!tl_alloc_on()))
		EARLY(memalign, size, alignment, alignment, size);
	if (!tl_load(&tl_real_memalign))
		return absent();
	size = tl_alloc_size(size);
	return tl_alloc_born(tl_real_memalign(alignment, size), size, TL_CALLED);
}

TL_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	if (tl_unlikely(!tl_alloc_on()))
		EARLY(aligned_alloc, size, alignment, alignment, size);
	if (!tl_load(&tl_real_aligned_alloc))
		return absent();
	if (alignment <= TL_MAP_GRANULE) /* else the size may have to be a multiple of it */
		size = tl_alloc_size(size);
	return tl_alloc_born(tl_real_aligned_alloc(alignment, size), tl_alloc_size(size),
			     TL_CALLED);
}

TL_EXPORT int posix_memalign(void **place, size_t alignment, size_t size)
{
	int error;

	if (tl_unlikely(!tl_alloc_on())) {
		if (!have_allocator())
			return (*place = tl_boot_alloc(size, alignment)) ? 0 : ENOMEM;
		if (!tl_alloc_on())
			return tl_load(&tl_real_posix_memalign)
				   ? tl_real_posix_memalign(place, alignment, size)
				   : ENOMEM;
	}
	if (!tl_load(&tl_real_posix_memalign))
		return ENOMEM;
	size = tl_alloc_size(size);
	error = tl_real_posix_memalign(place, alignment, size);
	if (!error)
		tl_alloc_born(*place, size, TL_CALLED);
	return error;
}

TL_EXPORT void *valloc(size_t size)
{
	if (tl_unlikely(!tl_alloc_on()))
		EARLY(valloc, size, 4096, size);
	return tl_load(&tl_real_valloc)
		   ? tl_alloc_born(tl_real_valloc(size), tl_alloc_size(size), TL_CALLED)
		   : absent();
}

TL_EXPORT void *pvalloc(size_t size)
{
	if (tl_unlikely(!tl_alloc_on()))
		EARLY(pvalloc, size, 4096, size);
	return tl_load(&tl_real_pvalloc)
		   ? tl_alloc_born(tl_real_pvalloc(size), tl_alloc_size(size), TL_CALLED)
		   : absent();
}

TL_EXPORT size_t malloc_usable_size(void *p)
{
	if (tl_unlikely(p && tl_boot_owns(p)))
		return tl_boot_size(p);
	if (tl_unlikely(!have_allocator()))
		return 0;
	return tl_load(&tl_real_malloc_usable_size) ? tl_real_malloc_usable_size(p) : 0;
}
