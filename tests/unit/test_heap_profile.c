/* SPDX-License-Identifier: MIT */
/* test_heap_profile.c - the heap profile: merging, the table, the tree, both ways to write it. */
#include "analyzer/emit_heap.h"
#include "analyzer/heap_profile.h"
#include "analyzer/heap_top.h"
#include "analyzer/heap_tree.h"
#include "analyzer/trace_read.h"
#include "frame_list.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

static struct report_fixture *f;
static struct trace_maker *maker;
static struct heap_profile profile;

static void add_image(uint32_t pid, uint8_t mode)
{
	maker = report_fixture_image(f, pid);
	maker_module(maker, "/nonexistent/app", "build-id-of-the-app", TL_MOD_EXE);
	maker_module(maker, "/nonexistent/libc.so.6", NULL, TL_MOD_LIBC);
	maker_heap(maker, mode);
}

static int begin(void **state)
{
	(void)state;
	f = report_fixture_new();
	add_image(7, HEAP_FULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	heap_profile_free(&profile);
	report_fixture_free(f);
	return 0;
}

static void build(void)
{
	report_fixture_build(f);
	assert_int_equal(heap_profile_build(&profile, f->ordered, f->count, f->sym), 0);
}

/* By a function at `offset` that was called from `caller`, which the libc called. */
static struct tl_heap_stack *blocks(uint64_t offset, uint64_t caller, uint64_t live, uint64_t all,
				    uint64_t size)
{
	const struct maker_frame frames[] = {{0, offset}, {0, caller}, {1, 0x27000}};
	uint32_t stack = maker_stack(maker, frames, 3);

	return &maker->heap_stacks[maker_heap_stack(maker, stack, live, all, size)];
}

static char *text(void)
{
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(emit_heap_text(&out, &profile), 0);
	return out.data;
}

static void says(const char *line)
{
	char *all = text();

	if (!strstr(all, line))
		fail_msg("'%s' is not in:\n%s", line, all);
	free(all);
}

static void is_silent_on(const char *line)
{
	char *all = text();

	if (strstr(all, line))
		fail_msg("'%s' is in:\n%s", line, all);
	free(all);
}

/* ---- merging ------------------------------------------------------------------------------ */

static void test_images_merge(void **state)
{
	const struct heap_row *row;

	(void)state;
	blocks(0x100, 1, 1, 1, 10);
	blocks(0x200, 1, 2, 5, 100);
	add_image(8, HEAP_SAMPLED); /* another base, another order */
	blocks(0x200, 1, 3, 4, 100);
	blocks(0x300, 1, 0, 1, 10);
	build();
	assert_int_equal(profile.count, 3);
	row = &profile.rows[0];
	assert_int_equal(row->stack->frames[0]->offset, 0x200);
	assert_int_equal(row->n.live_objects, 5 * TL_HEAP_ONE);
	assert_int_equal(row->n.live_bytes, 500);
	assert_int_equal(row->n.alloc_objects, 9 * TL_HEAP_ONE);
	assert_int_equal(row->n.alloc_bytes, 900);
	assert_int_equal(profile.rows[1].n.live_bytes, 10);
	assert_int_equal(profile.rows[2].n.alloc_bytes, 10);
	assert_int_equal(profile.total.live_bytes, 510);
	assert_int_equal(profile.total.alloc_bytes, 920);
	says("heap profile of /nonexistent/app and 1 other process image\n"
	     "mode mixed: 1 process image exact, 1 with estimates from samples, one for every "
	     "512.0 KiB allocated on average\n"
	     "live about 510 B in 6 objects (exactly 510 B in 6 objects), allocated about 920 B in "
	     "11 objects, by 3 stacks\n");
}

static void test_slots_that_do_not_count(void **state)
{
	(void)state;
	blocks(0x100, 1, 1, 1, 10);
	blocks(0x200, 1, 1, 1, 10)->state = TL_SLOT_EMPTY;
	blocks(0x300, 1, 1, 1, 10)->stack = 4711;
	blocks(0x400, 1, 1, 1, 10)->stack = TL_NONE;
	blocks(0x500, 1, 0, 0, 10); /* none were allocated */
	build();
	assert_int_equal(profile.count, 2);
	assert_int_equal(profile.rows[0].stack->count, 0);
	assert_int_equal(profile.rows[0].n.live_bytes, 20);
	says("(the stack is not known)\n");
}

static void test_sums_do_not_wrap(void **state)
{
	struct heap_numbers sum = {.live_bytes = 1, .alloc_objects = SIZE_MAX};
	const struct heap_numbers more = {UINT64_MAX, UINT64_MAX, UINT64_MAX, 7};

	(void)state;
	heap_numbers_add(&sum, &more);
	heap_numbers_add(&sum, &more);
	assert_true(sum.live_objects == INT64_MAX && sum.live_bytes == INT64_MAX);
	assert_true(sum.alloc_objects == INT64_MAX && sum.alloc_bytes == 14);
}

/* ---- the head ----------------------------------------------------------------------------- */

static void test_head_of_a_full_profile(void **state)
{
	(void)state;
	blocks(0x100, 1, 1, 2, 1024);
	build();
	says("heap profile of /nonexistent/app\n"
	     "mode full: every allocation was recorded\n"
	     "live 1.0 KiB in 1 object, allocated 2.0 KiB in 2 objects, by 1 stack\n\ntop: ");
	is_silent_on("about");
}

static void test_head_of_a_sampled_profile(void **state)
{
	struct tl_heap_stack *heap;

	(void)state;
	maker_heap(maker, HEAP_SAMPLED);
	heap = blocks(0x100, 1, 4, 10, 1000);
	heap->live_objects += TL_HEAP_ONE / 2; /* rounded up */
	maker->header.heap_live_blocks = 3;
	maker->header.heap_live_bytes = 3500;
	build();
	says("mode sampled: estimates from samples, one for every 512.0 KiB allocated on average\n"
	     "live about 3.9 KiB in 5 objects (exactly 3.4 KiB in 3 objects), allocated about "
	     "9.8 KiB in 10 objects, by 1 stack\n");
}

static void test_head_without_exact_numbers(void **state)
{
	(void)state;
	maker_heap(maker, HEAP_SAMPLED);
	maker->header.evidence &= ~TL_EV_HEAP; /* killed */
	maker->header.heap_sample = 0;
	blocks(0x100, 1, 1, 1, 10);
	build();
	says("mode sampled: estimates from samples\nlive about 10 B in 1 object, allocated ");
}

/* No timer had to do with the heap, so nobody counted. */
static void test_head_without_a_search(void **state)
{
	(void)state;
	maker_heap(maker, HEAP_SAMPLED);
	maker->header.evidence &= ~TL_EV_REACH;
	blocks(0x100, 1, 1, 1, 10);
	build();
	says("\nlive about 10 B in 1 object, allocated ");
}

static void test_images_that_recorded_nothing(void **state)
{
	(void)state;
	blocks(0x100, 1, 1, 1, 10);
	add_image(8, HEAP_OFF);
	build();
	says("mode mixed: every allocation was recorded, but nothing of 1 of 2 process images\n");
}

static void test_no_heap_data(void **state)
{
	(void)state;
	maker->header.heap_mode = HEAP_OFF;
	build();
	says("no heap profile of /nonexistent/app: the heap was not recorded (heap=off)\n");
	is_silent_on("top");
}

static void test_no_heap_data_for_a_reason(void **state)
{
	(void)state;
	maker->header.heap_mode = HEAP_OFF;
	maker_note(maker, TL_NOTE_UNWIND, "another note");
	maker_note(maker, TL_NOTE_HEAP, "the program has a malloc of its own");
	build();
	says("no heap profile of /nonexistent/app: the program has a malloc of its own\n");
}

static void test_nothing_was_allocated(void **state)
{
	(void)state;
	build();
	says("live 0 B in 0 objects, allocated 0 B in 0 objects, by 0 stacks\n");
	is_silent_on("top");
}

static void test_notes(void **state)
{
	(void)state;
	maker->header.heap_lost = 2;
	trace_maker_exe(maker, "/tmp/\033[31mred");
	blocks(0x100, 1, 1, 1, 10);
	build();
	f->images[0].damage = strdup("at byte 5: a hole");
	says("\n\nnote: 2 heap blocks could not be recorded\n"
	     "note: incomplete trace test: at byte 5: a hole\n"
	     "note: /nonexistent/app: No such file");
	is_silent_on("\033");
}

/* ---- the table ---------------------------------------------------------------------------- */

static void test_top_is_by_place(void **state)
{
	(void)state;
	blocks(0x100, 1, 1, 1, 100);
	blocks(0x100, 2, 2, 2, 100); /* the same place, another caller */
	blocks(0x200, 1, 1, 4, 100);
	build();
	says("function\n"
	     "      300 B   75.0%       300 B             3             3  /nonexistent/app+0x100\n"
	     "      100 B   25.0%       400 B             1             4  /nonexistent/app+0x200\n"
	     "\n");
}

static void test_top_leaves_allocators_out(void **state)
{
	static struct frame frames[] = {
	    {.function = "operator new", .module = "/lib/libstdc++.so.6"},
	    {.function = "std::vector<int>::push_back", .file = "stl_vector.h", .inlined = true},
	    {.function = "grow", .file = "a.cc", .line = 8},
	    {.function = "__libc_start_main", .module_flags = TL_MOD_LIBC}};
	const struct merged_stack stack = {.frames = frame_list(frames, 4), .count = 4};

	(void)state;
	blocks(0x100, 1, 1, 1, 100);
	build();
	profile.rows[0].stack = &stack;
	says("100.0%       100 B             1             1  grow a.cc:8\n\ntree");
	is_silent_on("push_back");
	is_silent_on("__libc_start_main");
}

static void test_top_is_not_endless(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 1; i <= 33; i++)
		blocks(0x100 * i, 1, i, i, 10);
	build();
	/* 1, 2 and 3 of 561 */
	says("       60 B    1.1%        60 B             6             6  ... 3 more\n\ntree");
	is_silent_on("+0x300\n");
}

static void test_top_without_live_blocks(void **state)
{
	(void)state;
	blocks(0x100, 1, 0, 1, 100);
	blocks(0x200, 1, 0, 2, 100);
	build();
	says("function\n"
	     "        0 B    0.0%       200 B             0             2  /nonexistent/app+0x200\n"
	     "        0 B    0.0%       100 B             0             1  "
	     "/nonexistent/app+0x100\n");
}

/* ---- the tree ----------------------------------------------------------------------------- */

struct seen {
	char text[4096];
};

static const char *name_of(const struct heap_branch *branch, char name[32])
{
	if (branch->folded)
		snprintf(name, 32, "%zu more", branch->folded);
	else if (branch->frame)
		snprintf(name, 32, "%llx", (unsigned long long)branch->frame->offset);
	else
		return branch->too_deep ? "deeper" : "unknown";
	return name;
}

static void see(void *arg, const struct heap_branch *branch)
{
	struct seen *seen = arg;
	size_t len = strlen(seen->text);
	char name[32];

	snprintf(seen->text + len, sizeof(seen->text) - len, "%*s%s %llu/%llu\n",
		 (int)branch->depth, "", name_of(branch, name),
		 (unsigned long long)branch->n.live_bytes,
		 (unsigned long long)branch->n.alloc_bytes);
}

static void tree_is(const char *expected)
{
	struct seen seen = {.text = ""};

	build();
	assert_int_equal(heap_tree_walk(&profile, see, &seen), 0);
	assert_string_equal(seen.text, expected);
}

static void test_tree(void **state)
{
	(void)state;
	blocks(0x10, 0x1, 1, 1, 100);
	blocks(0x20, 0x1, 2, 2, 100);
	blocks(0x10, 0x2, 0, 9, 100);
	blocks(0x30, 0x2, 1, 1, 100);
	tree_is("1 300/300\n"
		" 20 200/200\n"
		" 10 100/100\n"
		"2 100/1000\n"
		" 30 100/100\n"
		" 10 0/900\n");
}

static void test_tree_folds_what_is_small(void **state)
{
	(void)state;
	blocks(0x10, 0x1, 1, 1, 10000);
	blocks(0x20, 0x1, 1, 1, 60);
	blocks(0x30, 0x1, 1, 1, 30);
	blocks(0x40, 0x1, 0, 1, 1000); /* nothing lives, but much was allocated */
	blocks(0x10, 0x2, 1, 1, 50);   /* a root that is small */
	tree_is("1 10090/11090\n"
		" 10 10000/10000\n"
		" 40 0/1000\n"
		" 2 more 90/90\n"
		"1 more 50/50\n");
}

static void test_tree_of_a_function_that_allocates_and_calls(void **state)
{
	const struct maker_frame frames[] = {{0, 0x1}, {1, 0x27000}};

	(void)state;
	maker_heap_stack(maker, maker_stack(maker, frames, 2), 1, 1, 70);
	blocks(0x1, 0x1, 1, 1, 30); /* and itself */
	maker_heap_stack(maker, TL_NONE, 1, 1, 5);
	tree_is("1 100/100\n"
		" 1 30/30\n"
		"unknown 5/5\n");
}

static void test_tree_without_user_frames(void **state)
{
	const struct maker_frame frames[] = {{1, 0x10}, {1, 0x20}};

	(void)state;
	maker_heap_stack(maker, maker_stack(maker, frames, 2), 1, 1, 70);
	tree_is("20 70/70\n"
		" 10 70/70\n");
}

static void test_tree_is_not_endless(void **state)
{
	struct maker_frame frames[HEAP_TREE_DEPTH + 20];
	struct seen seen = {.text = ""};
	char expected[4 * HEAP_TREE_DEPTH];
	size_t i;

	(void)state;
	for (i = 0; i < HEAP_TREE_DEPTH + 20; i++)
		frames[i] = (struct maker_frame){0, 0x1000 + i};
	maker_heap_stack(maker, maker_stack(maker, frames, HEAP_TREE_DEPTH + 20), 1, 1, 70);
	build();
	assert_int_equal(heap_tree_walk(&profile, see, &seen), 0);
	snprintf(expected, sizeof(expected), "%*s1014 70/70\n%*sdeeper 70/70\n",
		 HEAP_TREE_DEPTH - 1, "", HEAP_TREE_DEPTH, "");
	assert_non_null(strstr(seen.text, expected));
	assert_null(strstr(seen.text, "1013"));
	says("  ... deeper calls\n");
}

static void test_tree_in_text(void **state)
{
	(void)state;
	blocks(0x10, 0x1, 1, 1, 100000);
	blocks(0x20, 0x1, 1, 1, 100);
	build();
	says("\ntree: by call, callers first; what is below 1 % is folded\n\n");
	says("function\n"
	     "   97.8 KiB  100.0%    97.8 KiB             2             2  /nonexistent/app+0x1\n"
	     "   97.7 KiB   99.9%    97.7 KiB             1             1    "
	     "/nonexistent/app+0x10\n"
	     "      100 B    0.1%       100 B             1             1    ... 1 more\n");
}

/* ---- JSON --------------------------------------------------------------------------------- */

static json_t *json(void)
{
	struct strbuf out = STRBUF_INIT;
	json_t *root;

	build();
	assert_int_equal(emit_heap_json(&out, &profile), 0);
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	strbuf_free(&out);
	assert_non_null(root);
	return root;
}

static void number_is(json_t *object, const char *key, long long expected)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	assert_int_equal(json_integer_value(json_object_get(object, key)), expected);
}

static void test_json(void **state)
{
	json_t *root, *row;

	(void)state;
	maker_heap(maker, HEAP_SAMPLED);
	maker->header.heap_lost = 3;
	blocks(0x10, 0x1, 1, 2, 100001)->alloc_objects -= TL_HEAP_ONE / 2 + 1;
	maker_heap_stack(maker, TL_NONE, 1, 1, 5);
	root = json();
	assert_string_equal(json_string_value(json_object_get(root, "schema")), "timerleak-heap/1");
	assert_string_equal(json_string_value(json_object_get(root, "mode")), "sampled");
	number_is(root, "sample_bytes", 524288);
	number_is(root, "lost_blocks", 3);
	assert_int_equal(json_array_size(json_object_get(root, "stacks")), 2);
	row = json_array_get(json_object_get(root, "stacks"), 0);
	number_is(row, "live_objects", 1);
	number_is(row, "live_bytes", 100001);
	number_is(row, "alloc_objects", 1);
	number_is(row, "alloc_bytes", 200002);
	assert_int_equal(json_array_size(json_object_get(row, "stack")), 3);
	json_decref(root);
}

static void test_json_without_heap_data(void **state)
{
	json_t *root;

	(void)state;
	maker->header.heap_mode = HEAP_OFF;
	blocks(0x10, 0x1, 1, 1, 10);
	root = json();
	assert_string_equal(json_string_value(json_object_get(root, "mode")), "off");
	assert_true(json_is_null(json_object_get(root, "sample_bytes")));
	assert_int_equal(json_array_size(json_object_get(root, "stacks")), 0);
	json_decref(root);
}

/* ---- the stored one ----------------------------------------------------------------------- */

static char *file_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *all = calloc(1, 65536);

	if (!file)
		fail_msg("%s: run this in the top directory", path);
	assert_true(fread(all, 1, 65535, file) > 0);
	fclose(file);
	return all;
}

/* tests/golden/remake.sh remakes it. */
static void test_stored_trace_gives_the_stored_profile(void **state)
{
	const struct image *images[1];
	struct trace_bytes bytes;
	struct image image;
	char error[256], *got, *expected = file_text("tests/golden/heap_profile.txt");

	(void)state;
	assert_int_equal(trace_bytes_file(&bytes, "tests/golden/heap.tlk", false, error, 256), 0);
	assert_int_equal(trace_read(&image, &bytes, "test", error, 256), 0);
	images[0] = &image;
	assert_int_equal(heap_profile_build(&profile, images, 1, f->sym), 0);
	got = text();
	assert_string_equal(got, expected);
	free(got);
	free(expected);
	image_free(&image);
	trace_bytes_free(&bytes);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_images_merge),
	    EACH(test_slots_that_do_not_count),
	    EACH(test_sums_do_not_wrap),
	    EACH(test_head_of_a_full_profile),
	    EACH(test_head_of_a_sampled_profile),
	    EACH(test_head_without_exact_numbers),
	    EACH(test_head_without_a_search),
	    EACH(test_images_that_recorded_nothing),
	    EACH(test_no_heap_data),
	    EACH(test_no_heap_data_for_a_reason),
	    EACH(test_nothing_was_allocated),
	    EACH(test_notes),
	    EACH(test_top_is_by_place),
	    EACH(test_top_leaves_allocators_out),
	    EACH(test_top_is_not_endless),
	    EACH(test_top_without_live_blocks),
	    EACH(test_tree),
	    EACH(test_tree_folds_what_is_small),
	    EACH(test_tree_of_a_function_that_allocates_and_calls),
	    EACH(test_tree_without_user_frames),
	    EACH(test_tree_is_not_endless),
	    EACH(test_tree_in_text),
	    EACH(test_json),
	    EACH(test_json_without_heap_data),
	    EACH(test_stored_trace_gives_the_stored_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
