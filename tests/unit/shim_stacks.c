/* SPDX-License-Identifier: MIT */
/*
 * shim_stacks.c - stacks in the trace: what they share, that each is found again, and what happens
 * where there is no room for more.
 */
#include "arena.h"
#include "modules.h"
#include "options.h"
#include "section.h"
#include "sink.h"
#include "sink_slots.h"
#include "stack.h"
#include "sys.h"

#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char places[1 << 20]; /* of this program: addresses that a module has */
#define PLACE(n) ((uintptr_t)places + (n))
#define NOWHERE	 UINT64_C(0x100000000) /* below the program: an address that none has */

static uint64_t next_random;

static uint32_t choose(uint32_t of)
{
	next_random = next_random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(next_random >> 33) % of;
}

static uint32_t frame_count(void)
{
	return tl_load(&tl_sink_kinds[TL_CHUNK_FRAME].count);
}

static uint32_t stack_count(void)
{
	return tl_load(&tl_sink_kinds[TL_CHUNK_STACK].count);
}

/* As the child of a fork begins. */
static void begin_again(void)
{
	tl_sink_discard();
	tl_sink_forked(false, false);
	tl_arena_reset(false);
	tl_stack_forked();
	tl_modules_forked();
	assert_true(tl_sink_begin());
	tl_modules_refresh();
}

static int fresh(void **state)
{
	(void)state;
	next_random = 1;
	begin_again();
	return 0;
}

static struct tl_trace trace_of(const uintptr_t *ips, uint16_t depth)
{
	struct tl_trace trace = {.depth = depth};

	for (unsigned i = 0; i < depth; i++) {
		trace.ips[i] = (void *)ips[i];
		trace.hash = (trace.hash ^ ips[i]) * 0x9e3779b97f4a7c15u;
	}
	return trace;
}

static uint32_t enter(const uintptr_t *ips, uint16_t depth)
{
	struct tl_trace trace = trace_of(ips, depth);
	struct tl_section section = tl_section_enter();
	uint32_t index = tl_stack_index(&trace);

	tl_section_leave(&section);
	return index;
}

static uintptr_t address_of(const struct tl_frame *frame)
{
	const struct tl_module *module =
	    tl_sink_slot(TL_CHUNK_MODULE, sizeof(*module), tl_frame_module(frame->at));

	return (module ? module->bias : 0) + tl_frame_offset(frame->at);
}

static void expect_frames(uint32_t index, const uintptr_t *ips, unsigned depth)
{
	const struct tl_stack *stack = tl_stack_at(index);
	uint32_t frame;

	assert_non_null(stack);
	assert_int_equal(stack->state, TL_SLOT_LIVE);
	assert_int_equal(stack->depth, depth);
	frame = stack->frame;
	for (unsigned i = 0; i < depth; i++) {
		const struct tl_frame *found = tl_frame_slot(frame);

		assert_non_null(found);
		assert_true(address_of(found) == ips[i]);
		assert_true(found->caller == TL_NONE || found->caller < frame);
		frame = found->caller;
	}
	assert_true(frame == TL_NONE);
}

/* ---- sharing ------------------------------------------------------------------------------ */

static void test_callers_are_shared(void **state)
{
	const uintptr_t first[] = {PLACE(1), PLACE(2), PLACE(3)};
	const uintptr_t second[] = {PLACE(4), PLACE(2), PLACE(3)};
	const uintptr_t other[] = {PLACE(1), PLACE(2), PLACE(5)};

	(void)state;
	assert_int_equal(enter(first, 3), 0);
	assert_int_equal(frame_count(), 3);
	assert_int_equal(enter(second, 3), 1);
	assert_int_equal(frame_count(), 4);
	assert_int_equal(enter(first, 3), 0);
	/* The outer part of a stack is a stack, and has its frames. */
	assert_int_equal(enter(first + 1, 2), 2);
	assert_int_equal(frame_count(), 4);
	/* The same places that others called are other frames. */
	assert_int_equal(enter(other, 3), 3);
	assert_int_equal(frame_count(), 7);
	expect_frames(0, first, 3);
	expect_frames(1, second, 3);
	expect_frames(2, first + 1, 2);
	expect_frames(3, other, 3);
	assert_int_equal(tl_sink_header()->lost_stacks, 0);
}

static void test_modules_are_named(void **state)
{
	const uintptr_t ips[] = {PLACE(1), 0, NOWHERE};
	const struct tl_frame *frame;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(enter(ips, 3), 0);
	expect_frames(0, ips, 3);
	frame = tl_frame_slot(tl_stack_at(0)->frame);
	assert_int_equal(tl_frame_module(frame->at), 0);
	frame = tl_frame_slot(frame->caller);
	assert_true(tl_frame_module(frame->at) == TL_NONE);
}

/* Where it was loaded to: its second page. */
static uintptr_t load(void **handle, const char *name)
{
	struct link_map *map = NULL;

	*handle = dlopen(name, RTLD_NOW);
	if (!*handle || dlinfo(*handle, RTLD_DI_LINKMAP, &map))
		return 0;
	tl_store(&tl_modules_dirty, 1);
	tl_modules_refresh();
	return map->l_addr + 4096;
}

/* After a dlclose the same address may be in another library, and is another place then. */
static void test_an_address_that_changes_hands(void **state)
{
	const uintptr_t own =
	    PLACE(1); /* so that our table is there, and takes no place of theirs */
	uintptr_t first, second;
	void *handle;

	(void)state;
	assert_int_equal(enter(&own, 1), 0);
	first = load(&handle, "libutil.so.1");
	if (!first)
		skip();
	assert_int_equal(enter(&first, 1), 1);
	dlclose(handle);
	second = load(&handle, "libanl.so.1");
	if (second != first)
		skip();
	assert_int_equal(enter(&second, 1), 2);
	expect_frames(2, &second, 1);
	dlclose(handle);
	/* What was there first comes back: it was known before. */
	if (load(&handle, "libutil.so.1") == first)
		assert_int_equal(enter(&first, 1), 1);
	dlclose(handle);
}

/* More than the first tables hold, and than the cache of stacks; in few places, by many ways. */
#define MANY  20000
#define DEPTH 12

static void make(uintptr_t *ips)
{
	for (unsigned k = 0; k < DEPTH; k++)
		ips[k] = PLACE(choose(k < 6 ? 4 : 2));
}

static void test_many_are_found_again(void **state)
{
	static uint32_t indexes[MANY];
	uintptr_t ips[DEPTH];
	uint32_t frames, stacks;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		make(ips);
		indexes[i] = enter(ips, DEPTH);
	}
	frames = frame_count();
	stacks = stack_count();
	assert_in_range(stacks, MANY / 2, MANY);
	assert_in_range(frames, stacks, 5 * stacks); /* of 12 */
	next_random = 1;
	for (unsigned i = 0; i < MANY; i++) {
		make(ips);
		assert_int_equal(enter(ips, DEPTH), indexes[i]);
		expect_frames(indexes[i], ips, DEPTH);
	}
	assert_int_equal(frame_count(), frames);
	assert_int_equal(stack_count(), stacks);
	assert_int_equal(tl_sink_header()->lost_stacks, 0);
}

/* An assertion with the section held would end in the wait for it. */
static void expect_sites(const uintptr_t *ips, uint32_t number)
{
	struct tl_trace trace = trace_of(ips, 2);
	struct tl_section section = tl_section_enter();
	uint32_t posix = tl_stack_site(&trace, TL_POSIX);
	uint32_t timerfd = tl_stack_site(&trace, TL_TIMERFD), heap = tl_stack_heap(&trace);

	tl_section_leave(&section);
	assert_int_equal(posix, 2 * number);
	assert_int_equal(timerfd, 2 * number + 1);
	assert_int_equal(heap, number);
	assert_int_equal(tl_sink_site(posix)->stack, number);
	assert_int_equal(tl_sink_heap(heap)->stack, number);
}

static void test_sites_and_counters_of_a_stack(void **state)
{
	const uintptr_t ips[2][2] = {{PLACE(1), PLACE(3)}, {PLACE(2), PLACE(3)}};

	(void)state;
	for (uint32_t again = 0; again < 2; again++)
		for (uint32_t i = 0; i < 2; i++)
			expect_sites(ips[i], i);
}

static void test_a_fork_begins_anew(void **state)
{
	const uintptr_t ips[] = {PLACE(1), PLACE(2), PLACE(3)};
	const uintptr_t inner[] = {PLACE(7), PLACE(2), PLACE(3)};

	(void)state;
	enter(inner, 3);
	assert_int_equal(enter(ips, 3), 1);
	begin_again();
	assert_int_equal(frame_count(), 0);
	assert_int_equal(enter(ips, 3), 0);
	assert_int_equal(frame_count(), 3);
	expect_frames(0, ips, 3);
}

/* ---- no room ------------------------------------------------------------------------------ */

/* Those of four frames each, none of them shared. */
static uint32_t enter_own(uint32_t number)
{
	uintptr_t ips[4];

	for (unsigned k = 0; k < 4; k++)
		ips[k] = PLACE(4 * number + k);
	return enter(ips, 4);
}

static void expect_full(uint32_t lost_before)
{
	const struct tl_header *header = tl_sink_header();
	uint32_t made = 0, stacks;

	while (enter_own(made) != TL_NONE)
		made++;
	stacks = stack_count();
	assert_int_equal(header->lost_stacks, lost_before + 1);
	assert_true(enter_own(made + 1) == TL_NONE);
	assert_int_equal(header->lost_stacks, lost_before + 2);
	assert_int_equal(stack_count(), stacks);
	/* What there is stays. */
	for (uint32_t i = 0; i < made; i += made / 100 + 1)
		assert_int_equal(enter_own(i), i);
	assert_int_equal(header->lost_stacks, lost_before + 2);
}

static void test_a_full_trace(void **state)
{
	(void)state;
	tl_sink_shrink(true);
	expect_full(0);
	assert_in_range(stack_count(), 50000, 200000);
}

/* A frame has 16 bits for its module. */
static void test_more_modules_than_frames_can_name(void **state)
{
	const struct tl_module module = {.bias = 4096};
	struct tl_section section = tl_section_enter();
	uint32_t last = 0, count = 0;

	(void)state;
	for (; last != TL_NONE && count <= TL_FRAME_NO_MODULE; count++)
		last = tl_sink_add_module(&module);
	tl_section_leave(&section);
	assert_int_equal(count, TL_FRAME_NO_MODULE + 1);
	assert_true(last == TL_NONE);
	assert_int_equal(tl_sink_header()->lost_modules, 1);
}

/* In a sandbox no memory can be had: what was kept ready is there, and no more. */
static void test_a_sandbox(void **state)
{
	struct tl_section section = tl_section_enter();
	uint32_t i;

	(void)state;
	tl_stack_reserve();
	tl_sink_reserve();
	tl_section_leave(&section);
	tl_store(&tl_sys_quiet, 1);
	for (i = 0; i < 256; i++)
		if (enter_own(i) != i)
			break;
	expect_full(0);
	tl_store(&tl_sys_quiet, 0);
	assert_int_equal(i, 256);
	assert_in_range(stack_count(), 256, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_callers_are_shared, fresh),
	    cmocka_unit_test_setup(test_modules_are_named, fresh),
	    cmocka_unit_test_setup(test_an_address_that_changes_hands, fresh),
	    cmocka_unit_test_setup(test_many_are_found_again, fresh),
	    cmocka_unit_test_setup(test_sites_and_counters_of_a_stack, fresh),
	    cmocka_unit_test_setup(test_a_fork_begins_anew, fresh),
	    cmocka_unit_test_setup(test_a_full_trace, fresh),
	    cmocka_unit_test_setup(test_more_modules_than_frames_can_name, fresh),
	    cmocka_unit_test_setup(test_a_sandbox, fresh),
	};
	char dir[] = "/tmp/shim_stacks.XXXXXX", inside[64];
	int failed;

	if (!mkdtemp(dir))
		return 1;
	setenv("XDG_RUNTIME_DIR", dir, 1);
	setenv("TIMERLEAK_OPTIONS", "", 1);
	tl_options_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tl_strcopy(inside, sizeof(inside), tl_sink_dir() ? tl_sink_dir() : dir);
	tl_sink_discard();
	rmdir(inside);
	rmdir(dir);
	return failed;
}
