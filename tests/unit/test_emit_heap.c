/* SPDX-License-Identifier: MIT */
/* test_emit_heap.c - what the text and the JSON report say of the heap, and when they do not. */
#include "analyzer/emit_json.h"
#include "analyzer/emit_text.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

static const struct gate no_gate = {.limits = {GATE_UNSET, GATE_UNSET}};
static struct report_fixture *f;
static struct trace_maker *maker;
static uint32_t site;

static int begin(void **state)
{
	(void)state;
	f = report_fixture_new();
	maker = report_fixture_image(f, 7);
	site = maker_simple_site(maker, TL_POSIX);
	maker_heap(maker, HEAP_FULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	report_fixture_free(f);
	return 0;
}

static void check(const char *line, bool wanted)
{
	struct strbuf out = STRBUF_INIT;

	if (!f->report.group)
		report_fixture_build(f);
	assert_int_equal(emit_text(&out, &f->report, &no_gate, false), 0);
	if (!strstr(out.data, line) == wanted)
		fail_msg("'%s' is %s in:\n%s", line, wanted ? "not" : "", out.data);
	strbuf_free(&out);
}

static void says(const char *line)
{
	check(line, true);
}

static void is_silent_on(const char *line)
{
	check(line, false);
}

static json_t *json(void)
{
	struct strbuf out = STRBUF_INIT;
	json_t *root;

	if (!f->report.group)
		report_fixture_build(f);
	assert_int_equal(emit_json(&out, &f->report, &no_gate), 0);
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	strbuf_free(&out);
	assert_non_null(root);
	return root;
}

static long long number(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static struct timer *retaining(uint64_t bytes)
{
	struct timer *timer = maker_timer(maker, site);

	timer->retained = bytes;
	return timer;
}

/* Allocated at an offset of the app, two frames deep. */
static uint32_t heap_at(uint64_t offset, uint64_t caller)
{
	const struct maker_frame frames[] = {{0, offset}, {0, caller}};

	return maker_heap_stack(maker, maker_stack(maker, frames, 2), 1, 1, 100);
}

static void retain(unsigned i, uint32_t heap, uint64_t bytes)
{
	maker->sites[site].retained_at[i] =
	    (struct tl_retained){.heap = heap, .objects = 1536, .bytes = bytes};
}

/* ---- what is retained --------------------------------------------------------------------- */

static void test_retained_in_text(void **state)
{
	(void)state;
	retaining(2000);
	retaining(1000);
	retain(0, heap_at(0x100, 1), 2000);
	retain(1, heap_at(0x200, 1), 700);
	retain(2, heap_at(0x300, 1), 300);
	says("==7==     armed; age 60 s; CLOCK_MONOTONIC, notify signal\n"
	     "==7==     retain 2.9 KiB, allocated in /nonexistent/app+0x100 (2.0 KiB), "
	     "in /nonexistent/app+0x200 (700 B) and in /nonexistent/app+0x300 (300 B)\n"
	     "==7==     #0 ");
	says("\nSUMMARY: timerleak: 2 timers leaked at 1 site (2.9 KiB retained)\n");
}

static void test_retained_by_one(void **state)
{
	(void)state;
	maker->header.heap_mode = HEAP_SAMPLED;
	retaining(5000);
	retain(0, heap_at(0x100, 1), 4096);
	says("    retains 4.9 KiB, allocated in /nonexistent/app+0x100 (by samples)\n");
}

/* Two callers of one function that allocates. */
static void test_retained_names_a_place_once(void **state)
{
	(void)state;
	retaining(5000);
	retain(0, heap_at(0x100, 1), 3000);
	retain(1, heap_at(0x100, 2), 1096);
	says(", allocated in /nonexistent/app+0x100 (4.0 KiB)\n");
}

static void test_retained_by_an_unknown_stack(void **state)
{
	(void)state;
	retaining(5000);
	retain(0, maker_heap_stack(maker, TL_NONE, 1, 1, 10), 4096);
	retain(1, 4711, 904);
	says("notify signal; 4.9 KiB retained\n");
	is_silent_on("allocated");
}

static void test_retained_by_others_of_the_site(void **state)
{
	(void)state;
	retaining(1000)->flags = TL_F_PLACE_FREED;
	retaining(3000);
	retain(0, heap_at(0x100, 1), 4000);
	says("    retains 1000 B of the 3.9 KiB that all timers made here retain, allocated in ");
	says("    retains 2.9 KiB of the 3.9 KiB that all timers made here retain, allocated in ");
}

static void test_retained_needs_a_search(void **state)
{
	(void)state;
	maker->header.evidence &= ~TL_EV_REACH;
	retaining(5000);
	retain(0, heap_at(0x100, 1), 4096);
	is_silent_on("retain");
}

static void test_retained_after_a_cut(void **state)
{
	(void)state;
	maker->header.evidence ^= TL_EV_REACH | TL_EV_REACH_CUT;
	maker->header.reach_time = 200 * 1000000;
	retaining(5000);
	says("; 4.9 KiB retained\n");
	says(
	    "note: the search for what holds the timers was cut short after 200 ms: timers may be "
	    "called possible that are held or unreachable, and retained bytes are a lower bound\n");
}

static void test_retained_does_not_wrap(void **state)
{
	json_t *root, *entry;

	(void)state;
	retaining(UINT64_C(1) << 63);
	retaining(UINT64_C(1) << 63);
	retain(0, heap_at(0x100, 1), UINT64_MAX);
	root = json();
	entry = json_array_get(json_object_get(root, "sites"), 0);
	assert_true(number(entry, "retained_bytes") == INT64_MAX);
	assert_true(number(json_object_get(root, "summary"), "retained_bytes") == INT64_MAX);
	json_decref(root);
}

static void test_retained_in_json(void **state)
{
	json_t *root, *entry, *at;

	(void)state;
	retaining(700);
	retain(0, heap_at(0x100, 1), 500);
	root = json();
	entry = json_array_get(json_object_get(root, "sites"), 0);
	assert_int_equal(number(entry, "retained_bytes"), 700);
	at = json_object_get(entry, "retained_at");
	assert_int_equal(json_array_size(at), 1);
	at = json_array_get(at, 0);
	assert_int_equal(number(at, "objects"), 2); /* one and a half */
	assert_int_equal(number(at, "bytes"), 500);
	assert_true(json_is_false(json_object_get(at, "estimated")));
	assert_int_equal(json_array_size(json_object_get(at, "stack")), 2);
	json_decref(root);
}

static void test_retained_is_absent(void **state)
{
	json_t *root, *entry;

	(void)state;
	retaining(0);
	retain(0, heap_at(0x100, 1), 500);
	root = json();
	entry = json_array_get(json_object_get(root, "sites"), 0);
	assert_null(json_object_get(entry, "retained_at"));
	assert_null(json_object_get(entry, "freed_by"));
	json_decref(root);
}

/* Of two images: the same build, another order of its heap stacks. */
static void test_retained_over_images(void **state)
{
	const struct heap_places *places;

	(void)state;
	retaining(1000);
	retain(0, heap_at(0x100, 1), 600);
	retain(1, heap_at(0x200, 1), 400);
	retain(2, heap_at(0x300, 1), 300);
	maker = report_fixture_image(f, 8);
	maker_simple_site(maker, TL_POSIX);
	maker_heap(maker, HEAP_SAMPLED);
	retaining(1000);
	retain(0, heap_at(0x200, 1), 500);
	retain(1, heap_at(0x400, 1), 350);
	places = &report_fixture_build(f)->entries[0]->site->heap.retained;
	assert_int_equal(f->report.entries[0]->retained_bytes, 2000);
	assert_int_equal(places->count, 3);
	assert_int_equal(places->list[0].bytes, 900);
	assert_int_equal(places->list[0].objects, 2 * 1536);
	assert_int_equal(places->list[0].stack->frames[0]->offset, 0x200);
	assert_true(places->list[0].estimated);
	assert_int_equal(places->list[1].bytes, 600);
	assert_false(places->list[1].estimated);
	assert_int_equal(places->list[2].bytes, 350);
}

/* ---- who freed ---------------------------------------------------------------------------- */

static struct timer *freed_at(uint64_t offset)
{
	const struct maker_frame frames[] = {{1, 0x900}, {0, offset}, {0, 0x2345}};
	struct timer *timer = maker_timer(maker, site);

	timer->flags = TL_F_PLACE_FREED;
	timer->place_freed_stack = maker_stack(maker, frames, 3);
	return timer;
}

static void test_freed_by(void **state)
{
	json_t *root, *stack;

	(void)state;
	maker_module(maker, "/nonexistent/libc.so.6", NULL, TL_MOD_LIBC);
	freed_at(0x700);
	says("    #1 /nonexistent/app+0x2345\n"
	     "==7==     freed by:\n"
	     "==7==     #0 /nonexistent/app+0x700\n"
	     "==7==     #1 /nonexistent/app+0x2345\n"
	     "==7==     advice: ");
	root = json();
	stack = json_object_get(json_array_get(json_object_get(root, "sites"), 0), "freed_by");
	assert_int_equal(json_array_size(stack), 3);
	json_decref(root);
}

static void test_freed_elsewhere_too(void **state)
{
	(void)state;
	maker_module(maker, "/nonexistent/libc.so.6", NULL, TL_MOD_LIBC);
	freed_at(0x700);
	freed_at(0x800);
	freed_at(0x700);
	says("==7==     freed by:\n"
	     "==7==     #0 /nonexistent/app+0x700\n"
	     "==7==     #1 /nonexistent/app+0x2345\n"
	     "==7==     ... and at 1 other place\n");
}

/* ---- what is left ------------------------------------------------------------------------- */

static void leave(uint64_t blocks, uint64_t bytes, uint32_t heap)
{
	struct tl_site *left = &maker->sites[site];

	left->stopped += blocks;
	left->left_blocks = blocks;
	left->left_bytes = bytes;
	left->left_at = (struct tl_retained){.heap = heap, .objects = blocks, .bytes = bytes};
}

static void test_left_heap(void **state)
{
	json_t *root, *left;

	(void)state;
	leave(12, 2048, heap_at(0x100, 1));
	says("==7== left heap: 12 blocks, 2.0 KiB, payloads of stopped timers that nothing leads "
	     "to; timers made in /nonexistent/app+0x1234, blocks allocated in "
	     "/nonexistent/app+0x100\n");
	says("\nSUMMARY: timerleak: 0 timers leaked\n");
	root = json();
	left = json_array_get(json_object_get(root, "left_heap"), 0);
	assert_int_equal(number(left, "blocks"), 12);
	assert_int_equal(number(left, "bytes"), 2048);
	assert_int_equal(json_array_size(json_object_get(left, "allocated_at")), 2);
	assert_int_equal(json_array_size(json_object_get(left, "stack")), 2);
	assert_non_null(json_object_get(left, "fingerprint"));
	json_decref(root);
}

static void test_left_heap_of_an_unknown_stack(void **state)
{
	(void)state;
	leave(1, 100, TL_NONE);
	says("left heap: 1 block, 100 B, payload of stopped timers that nothing leads to; timers "
	     "made in /nonexistent/app+0x1234\n");
}

static void test_left_heap_needs_a_whole_search(void **state)
{
	(void)state;
	leave(1, 100, TL_NONE);
	maker->header.evidence ^= TL_EV_REACH | TL_EV_REACH_CUT;
	is_silent_on("left heap");
}

static void test_left_heap_over_images(void **state)
{
	const struct report *report;

	(void)state;
	leave(2, 100, heap_at(0x100, 1));
	maker = report_fixture_image(f, 8);
	maker_simple_site(maker, TL_POSIX);
	maker_heap(maker, HEAP_FULL);
	leave(3, 900, heap_at(0x200, 1));
	report = report_fixture_build(f);
	assert_int_equal(report->left_heap_count, 1);
	assert_int_equal(report->left_heap[0]->heap.left_blocks, 5);
	assert_int_equal(report->left_heap[0]->heap.left_bytes, 1000);
	says("blocks allocated in /nonexistent/app+0x200\n");
}

/* Even where a trace says that nothing was made. */
static void test_left_heap_is_something_to_say(void **state)
{
	(void)state;
	leave(1, 100, TL_NONE);
	maker->sites[site].stopped = 0;
	report_fixture_build(f);
	f->report.warning_count = 0; /* of files that do not exist */
	says("left heap: 1 block");
	f->report.warning_count = 1;
}

/* ---- how it was recorded ------------------------------------------------------------------ */

static void heap_is(const char *mode, const char *reach, long long sample, long long live)
{
	json_t *root = json(), *heap = json_object_get(root, "heap"), *value;

	assert_string_equal(json_string_value(json_object_get(heap, "mode")), mode);
	assert_string_equal(json_string_value(json_object_get(heap, "reach")), reach);
	value = json_object_get(heap, "sample_bytes");
	assert_true(sample < 0 ? json_is_null(value) : json_integer_value(value) == sample);
	value = json_object_get(heap, "live_blocks");
	assert_true(live < 0 ? json_is_null(value) : json_integer_value(value) == live);
	value = json_object_get(heap, "live_bytes");
	assert_true(live < 0 ? json_is_null(value) : json_integer_value(value) == live * 100);
	json_decref(root);
}

static void test_heap_full(void **state)
{
	(void)state;
	heap_at(0x100, 1);
	heap_is("full", "done", -1, 1);
}

static void test_heap_off(void **state)
{
	(void)state;
	maker->header.heap_mode = HEAP_OFF;
	maker->header.evidence &= ~(TL_EV_HEAP | TL_EV_REACH);
	heap_is("off", "none", -1, -1);
}

static void test_heap_sampled(void **state)
{
	(void)state;
	maker_heap(maker, HEAP_SAMPLED);
	maker_heap(report_fixture_image(f, 8), HEAP_SAMPLED);
	heap_is("sampled", "done", 524288, 0);
}

static void test_heap_sampled_at_two_means(void **state)
{
	struct trace_maker *other = report_fixture_image(f, 8);

	(void)state;
	maker_heap(maker, HEAP_SAMPLED);
	maker_heap(other, HEAP_SAMPLED);
	other->header.heap_sample = 4096;
	heap_is("sampled", "done", -1, 0);
}

static void test_heap_mixed(void **state)
{
	struct trace_maker *other = report_fixture_image(f, 8);

	(void)state;
	heap_at(0x100, 1);
	maker_heap(other, HEAP_SAMPLED);
	other->header.evidence = TL_EV_REACH_CUT; /* and its live blocks are not known */
	heap_is("mixed", "cut", 524288, 1);
}

static void test_lost_blocks(void **state)
{
	json_t *root;

	(void)state;
	maker->header.heap_lost = 1;
	says("note: 1 heap block could not be recorded: heap evidence may be missing\n");
	assert_true(f->report.complete);
	root = json();
	assert_int_equal(number(json_object_get(root, "heap"), "lost_blocks"), 1);
	json_decref(root);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_retained_in_text),
	    EACH(test_retained_by_one),
	    EACH(test_retained_names_a_place_once),
	    EACH(test_retained_by_an_unknown_stack),
	    EACH(test_retained_by_others_of_the_site),
	    EACH(test_retained_needs_a_search),
	    EACH(test_retained_after_a_cut),
	    EACH(test_retained_does_not_wrap),
	    EACH(test_retained_in_json),
	    EACH(test_retained_is_absent),
	    EACH(test_retained_over_images),
	    EACH(test_freed_by),
	    EACH(test_freed_elsewhere_too),
	    EACH(test_left_heap),
	    EACH(test_left_heap_of_an_unknown_stack),
	    EACH(test_left_heap_needs_a_whole_search),
	    EACH(test_left_heap_over_images),
	    EACH(test_left_heap_is_something_to_say),
	    EACH(test_heap_full),
	    EACH(test_heap_off),
	    EACH(test_heap_sampled),
	    EACH(test_heap_sampled_at_two_means),
	    EACH(test_heap_mixed),
	    EACH(test_lost_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
