/* SPDX-License-Identifier: MIT */
#include "heap.h"
#include "heap_boot.h"
#include "heap_count.h"
#include "modules.h"
#include "options.h"
#include "real.h"
#include "sink.h"
#include "sink_head.h"
#include "sys.h"
#include <dlfcn.h>

#define BIG ((size_t)1 << 20)

static uint32_t in_front;

bool tl_heap_in_front(void)
{
	return tl_load(&in_front) && tl_heap_on();
}

bool tl_heap_on(void)
{
	return tl_load(&tl_heap_entry.stage) == TL_HEAP_ON;
}

static bool lacks_any(void)
{
	return !tl_load(&tl_real_malloc) || !tl_load(&tl_real_free) || !tl_load(&tl_real_calloc) ||
	       !tl_load(&tl_real_realloc);
}

static void publish(enum tl_heap_stage stage)
{
	tl_store(&tl_heap_hot.malloc, tl_load(&tl_real_malloc));
	tl_store(&tl_heap_hot.free, tl_load(&tl_real_free));
	tl_store(&tl_heap_hot.calloc, tl_load(&tl_real_calloc));
	tl_store(&tl_heap_hot.realloc, tl_load(&tl_real_realloc));
	if (lacks_any() || (stage == TL_HEAP_PASS && tl_boot_used()))
		stage = TL_HEAP_LOOK;
	tl_store_release(&tl_heap_entry.stage, stage);
}

bool tl_heap_first(void)
{
	if (!tl_load(&tl_real_malloc) && !tl_real_heap_init())
		return false;
	if (!tl_load(&tl_real_malloc))
		return false;
	publish(tl_map_init() ? TL_HEAP_ON : TL_HEAP_PASS);
	return true;
}

/* ---- where it had better be off ------------------------------------------------------------ */

/* All runtimes with an allocator have it. A dlsym that finds nothing would allocate, and leave an
 * error for the host's dlerror. */
extern char __sanitizer_get_allocated_size[] __attribute__((weak, visibility("default")));

static bool under_sanitizer(void)
{
	return &__sanitizer_get_allocated_size != NULL;
}

static void *of_program(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static bool is_ours(void *function)
{
	return tl_modules_is_self((uintptr_t)function);
}

/* What is not ours may come by ours. The block must move for that to show. */
static bool sees_move(void **p)
{
	void *(*resize)(void *, size_t) = (void *(*)(void *, size_t))of_program("realloc");
	void *from = *p, *to = resize && !is_ours((void *)resize) ? resize(from, BIG) : NULL;

	if (to)
		*p = to;
	return is_ours((void *)resize) ||
	       (to && to != from && tl_map_get((uintptr_t)to) && !tl_map_get((uintptr_t)from));
}

static bool sees_end(void *p)
{
	void (*give_back)(void *) = (void (*)(void *))of_program("free");

	if (give_back)
		give_back(p);
	return is_ours((void *)give_back) || (give_back && !tl_map_get((uintptr_t)p));
}

/* What the program calls malloc, realloc and free: does a block of it come by our hooks, from its
 * beginning to its end? */
static bool reaches_us(void)
{
	void *(*allocate)(size_t) = (void *(*)(size_t))of_program("malloc");
	void *p = allocate ? allocate(100) : NULL;
	bool seen = p && tl_map_get((uintptr_t)p) && sees_move(&p);

	return p && sees_end(p) && seen;
}

static const char *reason_to_be_off(void)
{
	if (!tl_heap_on() && !tl_heap_first())
		return "no malloc was found";
	if (lacks_any())
		return "the allocator has not all of malloc, free, calloc and realloc";
	if (!tl_heap_on())
		return "no memory was left for its map";
	if (under_sanitizer())
		return "a sanitizer watches it";
	if (!reaches_us())
		return "the program's allocations go past the preload: a malloc of its own, "
		       "another "
		       "preload before this one, or Valgrind";
	if (!tl_real_heap_agrees())
		return "the allocator has no malloc_usable_size of its own";
	return NULL;
}

/* Where another allocator stands in front, a function that it lacks may be the first to come by
 * here, at any time. */
void tl_heap_off(void)
{
	if (!tl_load(&tl_real_malloc))
		tl_real_heap_init();
	publish(TL_HEAP_PASS);
	tl_sink_head_heap(tl_sink_header(), TL_HEAP_OFF, 0);
}

/* The counts may begin the trace, whose header says what they are. */
static void begin(uint64_t sample)
{
	bool wanted = tl_options.heap == TL_HEAP_FULL;

	tl_sink_head_heap(tl_sink_header(), (uint8_t)tl_options.heap, wanted ? 0 : sample);
	if (tl_count_begin(wanted, sample) || !wanted)
		return;
	tl_sink_head_heap(tl_sink_header(), TL_HEAP_SAMPLED, sample);
	tl_sink_note(TL_NOTE_HEAP, "heap=full had no memory: the heap is sampled instead");
}

void tl_heap_init(void)
{
	char note[240];
	const char *why;

	if (tl_options.heap == TL_HEAP_OFF) {
		tl_heap_off();
		return;
	}
	why = reason_to_be_off();
	if (why) {
		tl_heap_off();
		tl_format(note, sizeof(note), "the heap is not recorded: %s", why);
		tl_sink_note(TL_NOTE_HEAP, note);
		return;
	}
	tl_store(&in_front, 1);
	begin((uint64_t)tl_options.sample);
}

void tl_heap_unlock(bool future)
{
	if (tl_heap_on())
		tl_map_unlock(future);
}

void tl_heap_forked(void)
{
	tl_count_forked();
}
