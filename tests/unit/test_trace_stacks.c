/* SPDX-License-Identifier: MIT */
/* test_trace_stacks.c - the reader on stacks: as a tree of frames, good and garbled, and as they
 * were in major version 1. */
#include "analyzer/emit_heap.h"
#include "analyzer/trace_read.h"
#include "analyzer/trace_read_1.h"
#include "trace_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 4096u

static void read_maker(struct image *image, struct trace_maker *maker)
{
	struct trace_bytes bytes = trace_maker_bytes(maker);
	char error[256] = "";

	if (trace_read(image, &bytes, "test", error, sizeof(error)))
		fail_msg("%s", error);
}

/* Three stacks that share their outer frames: seven frames in all, not ten. */
static struct trace_maker *shared_maker(void)
{
	const struct maker_frame first[] = {{0, 0x10}, {0, 0x20}, {0, 0x30}, {1, 0x40}};
	const struct maker_frame second[] = {{0, 0x11}, {0, 0x20}, {0, 0x30}, {1, 0x40}};
	const struct maker_frame third[] = {{TL_NONE, 0x7fff12345678}, {1, 0x41}};
	struct trace_maker *maker = trace_maker_new(7);

	maker_module(maker, "/nonexistent/app", "build-id-of-the-app", TL_MOD_EXE);
	maker_module(maker, "/nonexistent/libc.so.6", "build-id-of-the-libc", TL_MOD_LIBC);
	maker_heap(maker, HEAP_FULL);
	maker_heap_stack(maker, maker_stack(maker, first, 4), 1, 3, 100);
	maker_heap_stack(maker, maker_stack(maker, second, 4), 2, 4, 200);
	maker_heap_stack(maker, maker_stack(maker, third, 2), 3, 5, 300);
	return maker;
}

/* "module+offset" of each frame, innermost first. */
static void words_of(const struct image *image, uint32_t index, char *text, size_t size)
{
	const struct tl_stack *stack = image_stack(image, index);
	uint32_t frame = stack ? stack->frame : TL_NONE;
	size_t len = 0;

	text[0] = '\0';
	for (; frame != TL_NONE && len < size; frame = image->frames[frame].caller) {
		uint64_t at = image->frames[frame].at;

		len +=
		    (size_t)snprintf(text + len, size - len, "%d+%llx ", (int)tl_frame_module(at),
				     (unsigned long long)tl_frame_offset(at));
	}
}

static void expect_stack(const struct image *image, uint32_t index, uint16_t depth,
			 const char *expected)
{
	char text[256];

	words_of(image, index, text, sizeof(text));
	assert_string_equal(text, expected);
	assert_int_equal(image->stacks[index].depth, depth);
}

static void expect_all(const struct image *image)
{
	assert_null(image->damage);
	assert_int_equal(image->stack_count, 3);
	expect_stack(image, 0, 4, "0+10 0+20 0+30 1+40 ");
	expect_stack(image, 1, 4, "0+11 0+20 0+30 1+40 ");
	expect_stack(image, 2, 2, "-1+7fff12345678 1+41 ");
}

static void test_stacks_share_their_callers(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image image;

	(void)state;
	for (maker->chunk_slots = 0; maker->chunk_slots < 4; maker->chunk_slots++) {
		read_maker(&image, maker);
		assert_int_equal(image.frame_count, 7);
		expect_all(&image);
		image_free(&image);
	}
	trace_maker_free(maker);
}

static void test_addresses_that_do_not_fit(void **state)
{
	(void)state;
	assert_int_equal(tl_frame_module(tl_frame_at(3, 0x123)), 3);
	assert_true(tl_frame_offset(tl_frame_at(3, 0x123)) == 0x123);
	assert_true(tl_frame_module(tl_frame_at(TL_NONE, 0x123)) == TL_NONE);
	assert_true(tl_frame_module(tl_frame_at(TL_FRAME_NO_MODULE, 0x123)) == TL_NONE);
	assert_true(tl_frame_module(tl_frame_at(3, UINT64_C(1) << 48)) == TL_NONE);
	assert_true(tl_frame_offset(tl_frame_at(TL_NONE, UINT64_MAX)) == (UINT64_C(1) << 48) - 1);
}

/* ---- what is wrong ------------------------------------------------------------------------ */

static void expect_damage(struct trace_maker *maker, struct image *image, const char *expected)
{
	read_maker(image, maker);
	assert_non_null(image->damage);
	assert_string_equal(image->damage, expected);
	assert_true(image_incomplete(image));
	trace_maker_free(maker);
}

static void test_a_caller_that_comes_later(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image image;

	(void)state;
	maker->frames[2].caller = 3;
	/* Behind the header and the modules, in the third slot. */
	expect_damage(maker, &image, "at byte 8288: a frame whose caller comes after it");
	expect_stack(&image, 0, 2, "0+10 0+20 ");
	expect_stack(&image, 2, 2, "-1+7fff12345678 1+41 ");
	image_free(&image);
}

static void test_a_circle(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image image;

	(void)state;
	maker->chunk_slots = 3;
	maker->frames[4].caller = 4;
	expect_damage(maker, &image, "at byte 12368: a frame whose caller comes after it");
	expect_stack(&image, 1, 1, "0+11 ");
	image_free(&image);
	maker = shared_maker();
	maker->frames[0].caller = 0xfffffff0;
	expect_damage(maker, &image, "at byte 8256: a frame whose caller comes after it");
	image_free(&image);
}

static void test_a_chain_longer_than_any_stack(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct maker_frame frames[TL_MAX_DEPTH + 10];
	struct image image;
	uint32_t i;

	(void)state;
	for (i = 0; i < TL_MAX_DEPTH + 10; i++)
		frames[i] = (struct maker_frame){0, 0x1000 + i};
	maker_stack(maker, frames, TL_MAX_DEPTH + 10);
	read_maker(&image, maker);
	assert_non_null(strstr(image.damage, ": a stack without an end"));
	assert_in_range(image.stacks[3].depth, 1, TL_MAX_DEPTH);
	image_free(&image);
	trace_maker_free(maker);
}

static void test_a_depth_that_lies(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image image;

	(void)state;
	maker->stacks[1].depth = 9;
	expect_damage(maker, &image, "at byte 12376: a stack of another depth than it says");
	expect_stack(&image, 1, 4, "0+11 0+20 0+30 1+40 ");
	image_free(&image);
	maker = shared_maker();
	maker->stacks[1].frame = TL_NONE;
	expect_damage(maker, &image, "at byte 12376: a stack of another depth than it says");
	expect_stack(&image, 1, 0, "");
	image_free(&image);
}

static void test_a_stack_that_is_empty(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image image;

	(void)state;
	maker->stacks[0].state = TL_SLOT_EMPTY;
	expect_damage(maker, &image, "at byte 12352: a stack that is not whole");
	assert_null(image_stack(&image, 0));
	image_free(&image);
}

/* In a trace that is being written the frame may have come after its chunk was read. */
static void test_a_frame_that_is_not_there(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image image;

	(void)state;
	maker->stacks[2].frame = 7;
	read_maker(&image, maker);
	assert_null(image.damage);
	expect_stack(&image, 2, 0, "");
	image_free(&image);
	/* No trace of that size has so many. */
	maker->stacks[2].frame = (uint32_t)(maker->len / sizeof(struct tl_frame));
	expect_damage(maker, &image, "at byte 12400: a stack whose frames are not there");
	expect_stack(&image, 0, 4, "0+10 0+20 0+30 1+40 ");
	expect_stack(&image, 2, 0, "");
	image_free(&image);
}

/* ---- major version 1 ---------------------------------------------------------------------- */

static char *profile_of(const struct image *image)
{
	const struct symbolizer_options options = {.symbolize = false};
	struct symbolizer *sym = symbolizer_new(&options);
	struct heap_profile profile;
	struct strbuf out = STRBUF_INIT;
	char *text;

	assert_int_equal(heap_profile_build(&profile, &image, 1, sym), 0);
	assert_int_equal(emit_heap_text(&out, &profile), 0);
	text = strdup(out.data);
	strbuf_free(&out);
	heap_profile_free(&profile);
	symbolizer_free(sym);
	return text;
}

static void test_major_1_tells_the_same(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct image now, old;
	char *text_now, *text_old;

	(void)state;
	read_maker(&now, maker);
	text_now = profile_of(&now);
	maker->header.major = 1;
	maker->header.minor = 2;
	read_maker(&old, maker);
	expect_all(&old);
	assert_int_equal(old.frame_count, 10);
	text_old = profile_of(&old);
	assert_non_null(strstr(text_old, "0x7fff12345678"));
	assert_string_equal(text_old, text_now);
	free(text_now);
	free(text_old);
	image_free(&now);
	image_free(&old);
	trace_maker_free(maker);
}

/* Words are counted and read whatever the chunk says of slots, at the end of a trace that is cut
 * too: there a slot may be larger than all that is left. */
static void read_in_slots(struct trace_maker *maker, uint32_t slot_size, uint64_t size, bool sane)
{
	struct trace_bytes copy = {.len = 3 * PAGE}; /* the header, the modules and the stacks */
	struct tl_chunk chunk;
	struct image image;
	char error[256];

	copy.data = malloc(copy.len);
	memcpy(copy.data, maker->bytes, copy.len);
	memcpy(&chunk, copy.data + 2 * PAGE, sizeof(chunk));
	assert_int_equal(chunk.kind, TL_CHUNK_STACK);
	chunk.slot_size = slot_size;
	chunk.size = size;
	memcpy(copy.data + 2 * PAGE, &chunk, sizeof(chunk));
	assert_int_equal(trace_read(&image, &copy, "test", error, sizeof(error)), 0);
	assert_non_null(strstr(image.damage, "the trace is cut"));
	assert_int_equal(image.stack_count, sane ? 40 : 0);
	assert_int_equal(image.frame_count, sane ? 80 : 0);
	image_free(&image);
	free(copy.data);
}

static void test_major_1_in_slots_of_any_size(void **state)
{
	const struct maker_frame frames[2] = {{.offset = 1}, {.offset = 2}};
	struct trace_maker *maker = trace_maker_new(7);
	int i;

	(void)state;
	maker->header.major = 1;
	maker_module(maker, "/nonexistent/app", NULL, TL_MOD_EXE);
	for (i = 0; i < 40; i++)
		maker_stack(maker, frames, 2);
	maker_note(maker, TL_NOTE_UNWIND, "behind them");
	trace_maker_bytes(maker);
	read_in_slots(maker, 0, PAGE, false);
	read_in_slots(maker, 1, PAGE, false);
	read_in_slots(maker, 8, PAGE, true);
	read_in_slots(maker, 16, PAGE, true);
	read_in_slots(maker, PAGE, PAGE, false);
	read_in_slots(maker, UINT32_MAX, PAGE, false);
	read_in_slots(maker, 0, 4096 * PAGE, false);
	read_in_slots(maker, 1, 4096 * PAGE, false);
	read_in_slots(maker, PAGE - 64, 4096 * PAGE, true);
	read_in_slots(maker, PAGE, 4096 * PAGE, true);
	read_in_slots(maker, UINT32_MAX, UINT64_C(1) << 48, true);
	trace_maker_free(maker);
}

static void test_major_1_with_a_stack_that_is_cut(void **state)
{
	struct trace_maker *maker = shared_maker();
	struct trace_bytes bytes;
	struct tl_stack_1 head;
	struct image image;
	char error[256];
	size_t second =
	    2 * PAGE + sizeof(struct tl_chunk) + sizeof(head) + 4 * sizeof(struct tl_frame_1);

	(void)state;
	maker->header.major = 1;
	bytes = trace_maker_bytes(maker);
	memcpy(&head, bytes.data + second, sizeof(head));
	head.depth = TL_MAX_DEPTH + 1;
	memcpy(bytes.data + second, &head, sizeof(head));
	assert_int_equal(trace_read(&image, &bytes, "test", error, sizeof(error)), 0);
	assert_string_equal(image.damage, "at byte 8336: a stack that is not whole");
	assert_int_equal(image.stack_count, 1);
	assert_int_equal(image.heap_stack_count, 0); /* which stacks they mean is not known */
	image_free(&image);
	trace_maker_free(maker);
}

/* Chunks of frames came with major version 2: in an older trace they mean something else. */
static void test_major_1_has_no_frames(void **state)
{
	struct trace_maker *maker = trace_maker_new(7);
	struct trace_bytes bytes;
	struct tl_chunk chunk;
	struct image image;
	char error[256];

	(void)state;
	maker->header.major = 1;
	maker_module(maker, "/nonexistent/app", NULL, TL_MOD_EXE);
	bytes = trace_maker_bytes(maker);
	memcpy(&chunk, bytes.data + PAGE, sizeof(chunk));
	chunk.kind = TL_CHUNK_FRAME;
	memcpy(bytes.data + PAGE, &chunk, sizeof(chunk));
	assert_int_equal(trace_read(&image, &bytes, "test", error, sizeof(error)), 0);
	assert_null(image.damage);
	assert_int_equal(image.frame_count, 0);
	image_free(&image);
	trace_maker_free(maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stacks_share_their_callers),
	    cmocka_unit_test(test_addresses_that_do_not_fit),
	    cmocka_unit_test(test_a_caller_that_comes_later),
	    cmocka_unit_test(test_a_circle),
	    cmocka_unit_test(test_a_chain_longer_than_any_stack),
	    cmocka_unit_test(test_a_depth_that_lies),
	    cmocka_unit_test(test_a_stack_that_is_empty),
	    cmocka_unit_test(test_a_frame_that_is_not_there),
	    cmocka_unit_test(test_major_1_tells_the_same),
	    cmocka_unit_test(test_major_1_in_slots_of_any_size),
	    cmocka_unit_test(test_major_1_with_a_stack_that_is_cut),
	    cmocka_unit_test(test_major_1_has_no_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
