/* SPDX-License-Identifier: MIT */
/* test_trace_read.c - the reader on good, cut, holed, foreign and garbled traces. */
#include "analyzer/emit_heap.h"
#include "analyzer/group.h"
#include "trace_maker.h"
#include "analyzer/trace_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define PAGE 4096u

/* One of everything, in several chunks. */
static struct trace_maker *full_maker(void)
{
	struct trace_maker *maker = trace_maker_new(77);
	uint32_t i, site = maker_simple_site(maker, TL_TIMERFD);

	maker->chunk_slots = 5;
	for (i = 0; i < 20; i++)
		maker_timer(maker, site)->generation = i;
	for (i = 0; i < 7; i++)
		maker_creator(maker, site, 100 + i);
	maker_note(maker, TL_NOTE_UNWIND, "a note");
	maker_heap(maker, HEAP_FULL);
	for (i = 0; i < 6; i++)
		maker_heap_stack(maker, 0, i, 10, 100);
	return maker;
}

static int read_bytes(struct image *image, const uint8_t *data, size_t len, char *error)
{
	const struct trace_bytes bytes = {.data = (uint8_t *)(uintptr_t)data, .len = len};

	error[0] = '\0';
	return trace_read(image, &bytes, "test", error, 256);
}

static void test_everything_is_read(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	struct image image;
	char error[256];
	size_t i;

	(void)state;
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_null(image.damage);
	assert_int_equal(image.header.pid, 77);
	assert_int_equal(image.module_count, 1);
	assert_int_equal(image.stack_count, 1);
	assert_int_equal(image.stacks[0].depth, 2);
	assert_true(image.frames[image.stacks[0].frame].at == tl_frame_at(0, 0x1234));
	assert_true(image.frames[0].at == tl_frame_at(0, 0x2345));
	assert_int_equal(image.site_count, 1);
	assert_int_equal(image.creator_count, 7);
	assert_int_equal(image.creators[6].tid, 106);
	assert_int_equal(image.timer_count, 20);
	for (i = 0; i < 20; i++)
		assert_int_equal(image.timers[i].generation, i);
	assert_int_equal(image.note_count, 1);
	assert_int_equal(image.heap_stack_count, 6);
	assert_int_equal(image_heap_stack(&image, 5)->live_bytes, 500);
	assert_int_equal(image.header.heap_live_blocks, 15);
	assert_false(image_incomplete(&image));
	image_free(&image);
	trace_maker_free(maker);
}

static void test_larger_slots_of_a_newer_minor(void **state)
{
	struct trace_maker *maker = trace_maker_new(1);
	uint8_t big[2][sizeof(struct tl_note) + 64];
	struct tl_chunk chunk = {.magic = TL_CHUNK_MAGIC,
				 .kind = TL_CHUNK_NOTE,
				 .size = PAGE,
				 .slot_size = sizeof(big[0]),
				 .capacity = 2,
				 .used = 2};
	struct tl_note note = {.state = TL_SLOT_LIVE, .code = 3, .text = "newer"};
	uint8_t *data;
	struct image image;
	char error[256];
	int i;

	(void)state;
	memset(big, 0xee, sizeof(big));
	for (i = 0; i < 2; i++)
		memcpy(big[i], &note, sizeof(note));
	trace_maker_bytes(maker);
	data = calloc(2, PAGE);
	maker->header.minor = TL_MINOR + 1;
	maker->header.bytes_used = 2 * PAGE;
	memcpy(data, &maker->header, PAGE);
	memcpy(data + PAGE, &chunk, sizeof(chunk));
	memcpy(data + PAGE + sizeof(chunk), big, sizeof(big));
	assert_int_equal(read_bytes(&image, data, 2 * PAGE, error), 0);
	assert_null(image.damage);
	assert_int_equal(image.note_count, 2);
	assert_string_equal(image.notes[1].text, "newer");
	image_free(&image);
	free(data);
	trace_maker_free(maker);
}

static void test_unknown_chunks_are_skipped(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	struct image image;
	struct tl_chunk chunk;
	char error[256];

	(void)state;
	memcpy(&chunk, bytes.data + PAGE, sizeof(chunk)); /* the modules */
	chunk.kind = 99;
	memcpy(bytes.data + PAGE, &chunk, sizeof(chunk));
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_null(image.damage);
	assert_int_equal(image.module_count, 0);
	assert_int_equal(image.timer_count, 20);
	image_free(&image);
	trace_maker_free(maker);
}

static void test_heap_records_are_looked_up_with_care(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes;
	struct image image;
	char error[256];

	(void)state;
	maker->heap_stacks[2].state = TL_SLOT_EMPTY;
	maker->timers[0].holder = TL_HOLDER_HEAP;
	maker->timers[1].holder = TL_HOLDER_HEAP + 1;
	maker->header.heap_mode = HEAP_FULL + 1;
	maker->header.heap_lost = 7;
	bytes = trace_maker_bytes(maker);
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_non_null(image_heap_stack(&image, 3));
	assert_null(image_heap_stack(&image, 2));
	assert_null(image_heap_stack(&image, 6));
	assert_null(image_heap_stack(&image, TL_NONE));
	assert_int_equal(image.timers[0].holder, TL_HOLDER_HEAP);
	assert_int_equal(image.timers[1].holder, TL_HOLDER_NONE);
	assert_int_equal(image.header.heap_mode, HEAP_OFF);
	assert_false(image_incomplete(&image)); /* timers are all there */
	image_free(&image);
	trace_maker_free(maker);
}

static void test_heap_chunks_that_are_wrong(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	uint8_t *last = bytes.data + bytes.len - PAGE; /* the second chunk of heap stacks */
	struct tl_chunk chunk;
	struct image image;
	char error[256];

	(void)state;
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len - PAGE, error), 0);
	assert_non_null(image.damage); /* cut before it */
	assert_int_equal(image.heap_stack_count, 5);
	image_free(&image);
	memcpy(&chunk, last, sizeof(chunk));
	assert_int_equal(chunk.kind, TL_CHUNK_HEAP);
	chunk.slot_size = sizeof(struct tl_heap_stack) - 8;
	memcpy(last, &chunk, sizeof(chunk));
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_non_null(strstr(image.damage, "slots of 56 bytes in a chunk of kind 7"));
	assert_int_equal(image.heap_stack_count, 5);
	image_free(&image);
	/* Behind a break: which stacks they mean cannot be known. */
	memset(bytes.data + 2 * PAGE, 0, PAGE);
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_int_equal(image.heap_stack_count, 0);
	assert_int_equal(image.timer_count, 20);
	image_free(&image);
	trace_maker_free(maker);
}

static void expect_refused(const uint8_t *data, size_t len, const char *words)
{
	struct image image;
	char error[256];

	assert_int_equal(read_bytes(&image, data, len, error), -1);
	if (!strstr(error, words))
		fail_msg("'%s' is not in '%s'", words, error);
	image_free(&image);
}

static void test_headers_that_are_refused(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	struct tl_header good = maker->header, bad;

	(void)state;
	expect_refused(bytes.data, 0, "at byte 0: the trace is empty");
	expect_refused((const uint8_t *)"#!/bin/sh\nexit\n", 15, "at byte 0: not a");
	expect_refused(bytes.data, 100, "at byte 100: the trace is cut inside its header");
	bad = good;
	bad.major = TL_MAJOR + 1;
	expect_refused((uint8_t *)&bad, sizeof(bad), "at byte 8: format 4.");
	bad = good;
	bad.major = 0;
	expect_refused((uint8_t *)&bad, sizeof(bad), "at byte 8");
	bad = good;
	bad.endian = __builtin_bswap32(TL_ENDIAN);
	expect_refused((uint8_t *)&bad, sizeof(bad), "at byte 16: written on a machine with");
	bad = good;
	bad.header_size = 64;
	expect_refused((uint8_t *)&bad, sizeof(bad), "at byte 12");
	trace_maker_free(maker);
}

/* At every 64 bytes: refused within the header, after it read as far as it goes and said so. */
static void test_cut_anywhere(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	size_t cut, last = 0;

	(void)state;
	for (cut = 0; cut < bytes.len; cut += 64) {
		uint8_t *copy = malloc(cut + 1); /* exact, for the address sanitizer */
		struct image image;
		char error[256];
		int result;

		memcpy(copy, bytes.data, cut);
		result = read_bytes(&image, copy, cut, error);
		assert_int_equal(result, cut < sizeof(struct tl_header) ? -1 : 0);
		if (result == 0) {
			assert_non_null(image.damage);
			assert_true(image_incomplete(&image));
			assert_true(image.timer_count >= last);
			last = image.timer_count;
		}
		image_free(&image);
		free(copy);
	}
	assert_int_equal(last, 20);
	trace_maker_free(maker);
}

/* A hole over the chunk of sites: timers behind it count, names from behind it do not. */
static void test_hole(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	struct image image;
	char error[256];

	(void)state;
	memset(bytes.data + 3 * PAGE, 0, PAGE);
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_string_equal(image.damage, "at byte 12288: no chunk begins here");
	assert_int_equal(image.site_count, 0);
	assert_int_equal(image.creator_count, 0);
	assert_int_equal(image.timer_count, 20);
	assert_int_equal(image.note_count, 1);
	image_free(&image);
	trace_maker_free(maker);
}

static void test_used_beyond_capacity(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	struct tl_chunk chunk;
	struct image image;
	char error[256];

	(void)state;
	memcpy(&chunk, bytes.data + PAGE, sizeof(chunk));
	chunk.used = 0xffffffff;
	memcpy(bytes.data + PAGE, &chunk, sizeof(chunk));
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_string_equal(image.damage,
			    "at byte 4096: a chunk whose sizes contradict each other");
	image_free(&image);
	trace_maker_free(maker);
}

static void test_strings_without_an_end(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes;
	struct image image;
	char error[256];

	(void)state;
	memset(maker->header.exe, 'x', sizeof(maker->header.exe));
	memset(maker->header.argv, 'x', sizeof(maker->header.argv));
	maker->header.argv_len = 0xffffffff;
	memset(maker->modules[0].path, 'x', sizeof(maker->modules[0].path));
	maker->modules[0].build_id_len = 255;
	memset(maker->notes[0].text, 'x', sizeof(maker->notes[0].text));
	bytes = trace_maker_bytes(maker);
	assert_int_equal(read_bytes(&image, bytes.data, bytes.len, error), 0);
	assert_int_equal(image.header.exe[sizeof(image.header.exe) - 1], 0);
	assert_int_equal(image.header.argv_len, sizeof(image.header.argv));
	assert_int_equal(image.header.argv[sizeof(image.header.argv) - 1], 0);
	assert_int_equal(image.modules[0].path[sizeof(image.modules[0].path) - 1], 0);
	assert_int_equal(image.modules[0].build_id_len, sizeof(image.modules[0].build_id));
	assert_int_equal(image.notes[0].text[sizeof(image.notes[0].text) - 1], 0);
	image_free(&image);
	trace_maker_free(maker);
}

static void test_file_and_pipe_are_the_same(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker), got;
	char path[] = "/tmp/test_trace_read.XXXXXX", error[256];
	int fd = mkstemp(path), pipes[2];

	(void)state;
	assert_true(fd >= 0);
	/* Sparse up to its capacity, as the shim leaves it: only what is in use is taken. */
	assert_int_equal(pwrite(fd, bytes.data, bytes.len, 0), bytes.len);
	assert_int_equal(ftruncate(fd, 256 << 20), 0);
	assert_int_equal(trace_bytes_file(&got, path, false, error, sizeof(error)), 0);
	assert_int_equal(got.len, bytes.len);
	assert_memory_equal(got.data, bytes.data, bytes.len);
	assert_true(got.ino != 0);
	trace_bytes_free(&got);
	close(fd);
	unlink(path);

	assert_int_equal(pipe(pipes), 0);
	assert_true(fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20) > (int)bytes.len);
	assert_int_equal(write(pipes[1], bytes.data, bytes.len), bytes.len);
	close(pipes[1]);
	assert_int_equal(trace_bytes_fd(&got, pipes[0], error, sizeof(error)), 0);
	assert_int_equal(got.len, bytes.len);
	assert_memory_equal(got.data, bytes.data, bytes.len);
	assert_false(got.cut);
	trace_bytes_free(&got);
	close(pipes[0]);
	trace_maker_free(maker);
}

static void test_unreadable_files(void **state)
{
	struct trace_bytes got;
	char error[256];

	(void)state;
	assert_int_equal(trace_bytes_file(&got, "/nonexistent/x", false, error, sizeof(error)), -1);
	assert_string_equal(error, "cannot open: No such file or directory");
	trace_bytes_free(&got);
	assert_int_equal(trace_bytes_file(&got, "/", false, error, sizeof(error)), -1);
	assert_string_equal(error, "cannot read: Is a directory");
	trace_bytes_free(&got);
}

/* ---- flipped bits ------------------------------------------------------------------------- */

#define FLIPS 20000

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void profile_heap(const struct image *image, struct symbolizer *sym)
{
	struct heap_profile profile;
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(heap_profile_build(&profile, &image, 1, sym), 0);
	assert_int_equal(emit_heap_text(&out, &profile), 0);
	strbuf_free(&out);
	heap_profile_free(&profile);
}

/* Whatever is in the trace: no read out of bounds, and everything behind it copes. */
static void digest(const struct image *image)
{
	const struct symbolizer_options options = {.symbolize = false};
	struct symbolizer *sym = symbolizer_new(&options);
	struct group *group = group_new(sym);

	assert_int_equal(group_add(group, image), 0);
	assert_int_equal(group_finish(group), 0);
	group_free(group);
	profile_heap(image, sym);
	symbolizer_free(sym);
}

static void test_flipped_bits(void **state)
{
	struct trace_maker *maker = full_maker();
	struct trace_bytes bytes = trace_maker_bytes(maker);
	uint8_t *copy = malloc(bytes.len);
	uint32_t seed = 20240607, i, k;

	(void)state;
	for (i = 0; i < FLIPS; i++) {
		struct image image;
		char error[256];

		memcpy(copy, bytes.data, bytes.len);
		for (k = 0; k <= i % 4; k++) {
			uint32_t at = next_random(&seed) % (uint32_t)bytes.len;

			/* Half of them where it hurts: the first words of header and chunks. */
			if (k % 2)
				at = at / PAGE * PAGE + at % 128;
			copy[at] ^= (uint8_t)(1u << next_random(&seed) % 8);
		}
		if (read_bytes(&image, copy, bytes.len, error) == 0)
			digest(&image);
		image_free(&image);
	}
	free(copy);
	trace_maker_free(maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_is_read),
	    cmocka_unit_test(test_larger_slots_of_a_newer_minor),
	    cmocka_unit_test(test_unknown_chunks_are_skipped),
	    cmocka_unit_test(test_heap_records_are_looked_up_with_care),
	    cmocka_unit_test(test_heap_chunks_that_are_wrong),
	    cmocka_unit_test(test_headers_that_are_refused),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_hole),
	    cmocka_unit_test(test_used_beyond_capacity),
	    cmocka_unit_test(test_strings_without_an_end),
	    cmocka_unit_test(test_file_and_pipe_are_the_same),
	    cmocka_unit_test(test_unreadable_files),
	    cmocka_unit_test(test_flipped_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
