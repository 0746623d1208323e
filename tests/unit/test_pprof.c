/* SPDX-License-Identifier: MIT */
/* test_pprof.c - reports and heap profiles in pprof's format, read back. */
#include "analyzer/emit_pprof.h"
#include "profile.pb-c.h"
#include "frame_list.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

typedef Perftools__Profiles__Profile profile_t;
typedef Perftools__Profiles__Sample sample_t;

enum { ALLOC, ALLOC_SPACE, INUSE, INUSE_SPACE, LEAKED, LEAKED_SPACE, TICKS };

static profile_t *unzip(struct strbuf *gz)
{
	size_t room = 1 << 22;
	uint8_t *data = malloc(room);
	z_stream stream = {.next_in = (uint8_t *)gz->data,
			   .avail_in = (uInt)gz->len,
			   .next_out = data,
			   .avail_out = (uInt)room};
	profile_t *profile;

	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	profile = perftools__profiles__profile__unpack(NULL, stream.total_out, data);
	assert_non_null(profile);
	inflateEnd(&stream);
	strbuf_free(gz);
	free(data);
	return profile;
}

static profile_t *profile_of(struct report_fixture *f)
{
	struct strbuf gz = STRBUF_INIT;

	assert_int_equal(emit_pprof(&gz, &f->report, f->sym), 0);
	return unzip(&gz);
}

static const char *label(const profile_t *p, const sample_t *sample, const char *key)
{
	size_t i;

	for (i = 0; i < sample->n_label; i++)
		if (strcmp(p->string_table[sample->label[i]->key], key) == 0)
			return p->string_table[sample->label[i]->str];
	return NULL;
}

static int64_t total(const profile_t *p, unsigned type)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < p->n_sample; i++)
		sum += p->sample[i]->value[type];
	return sum;
}

static void free_profile(profile_t *p)
{
	perftools__profiles__profile__free_unpacked(p, NULL);
}

/* ---- numbers ------------------------------------------------------------------------------ */

static void test_sums_are_the_report(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 4711);
	uint32_t i, site = maker_simple_site(maker, TL_TIMERFD);
	struct timer *timer;
	profile_t *p;

	(void)state;
	maker_heap(maker, 2);
	for (i = 0; i < 12; i++) {
		timer = maker_timer(maker, site);
		timer->retained = 100;
		timer->tid = 7 + i % 3;
	}
	timer = maker_timer(maker, maker_site(maker, TL_POSIX, 0));
	timer->holder = TL_HOLDER_TLS;
	timer->retained = 50;
	maker->sites[site].stopped = 88;
	maker->sites[site].created += 88;
	report_fixture_build(f);
	p = profile_of(f);
	assert_int_equal(total(p, ALLOC), 101);
	assert_int_equal(total(p, INUSE), 13);
	assert_int_equal(total(p, LEAKED), f->report.summary.leaked);
	assert_int_equal(total(p, LEAKED_SPACE), 1200);
	assert_int_equal(total(p, INUSE_SPACE), 1250);
	assert_int_equal(total(p, ALLOC_SPACE), 1250);
	/* Three threads, the held one, the stopped ones. */
	assert_int_equal(p->n_sample, 5);
	assert_string_equal(p->string_table[p->default_sample_type], "leaked_objects");
	assert_int_equal(p->duration_nanos, MAKER_END - MAKER_START);
	free_profile(p);
	report_fixture_free(f);
}

static void test_suppressed_is_not_leaked(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	profile_t *p;

	(void)state;
	maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	report_fixture_suppress(f, "class:never_stopped\n");
	report_fixture_build(f);
	p = profile_of(f);
	assert_int_equal(total(p, LEAKED), 0);
	assert_int_equal(total(p, INUSE), 1);
	free_profile(p);
	report_fixture_free(f);
}

/* Ten seconds of ticks, one a second, since the last read. */
static void test_unread_ticks(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	struct timer *timer = maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	profile_t *p;

	(void)state;
	timer->interval = MAKER_SECOND;
	timer->first_expiry = MAKER_START + MAKER_SECOND;
	timer->last_drain = MAKER_END - 10 * MAKER_SECOND;
	timer->drains = 1;
	timer->facts |= TL_FACT_TICKS;
	report_fixture_build(f);
	p = profile_of(f);
	assert_int_equal(total(p, TICKS), 10);
	assert_int_equal(f->report.summary.undrained, 1);
	free_profile(p);
	report_fixture_free(f);
}

/* ---- labels ------------------------------------------------------------------------------- */

static void test_labels(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 4711);
	struct timer *timer = maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	profile_t *p;

	(void)state;
	timer->tid = 42;
	report_fixture_build(f);
	p = profile_of(f);
	assert_int_equal(p->n_sample, 1);
	assert_string_equal(label(p, p->sample[0], "kind"), "possible");
	assert_string_equal(label(p, p->sample[0], "class"), "never_stopped");
	assert_string_equal(label(p, p->sample[0], "state"), "armed");
	assert_string_equal(label(p, p->sample[0], "clock"), "CLOCK_MONOTONIC");
	assert_string_equal(label(p, p->sample[0], "thread"), "42");
	assert_string_equal(label(p, p->sample[0], "pid"), "4711");
	assert_int_equal(p->sample[0]->n_label, 6);
	free_profile(p);
	report_fixture_free(f);
}

/* One thread a timer: past a hundred they are not told apart, and none is lost. */
static void test_many_threads(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 4711);
	uint32_t i, site = maker_simple_site(maker, TL_TIMERFD);
	profile_t *p;

	(void)state;
	for (i = 0; i < 200; i++)
		maker_timer(maker, site)->tid = 1000 + i;
	report_fixture_build(f);
	p = profile_of(f);
	assert_int_equal(p->n_sample, 1);
	assert_null(label(p, p->sample[0], "thread"));
	assert_string_equal(label(p, p->sample[0], "pid"), "4711");
	assert_int_equal(total(p, LEAKED), 200);
	assert_int_equal(f->report.entries[0]->thread_count, 200);
	free_profile(p);
	report_fixture_free(f);
}

/* ---- places ------------------------------------------------------------------------------- */

static struct merged_stack odd_stack(void)
{
	static struct frame frames[] = {
	    {.function = "arm", .file = "util.h", .line = 7, .inlined = true, .offset = 0x1001},
	    {.function = "serve", .file = "server.c", .line = 80, .offset = 0x1001},
	    {.function = "serve", .file = "server.c", .line = 81, .offset = 0x1101},
	    {.module = "/usr/lib/libx.so", .build_id = "ab", .offset = 0x123},
	    {.build_id = "", .offset = 0x7fff0000},
	    {.function = "last", .inlined = true, .module = "/usr/lib/libx.so", .build_id = "ab"}};
	/* A trace may say anything. */
	static const struct segment segment = {.start = 0x1000, .end = 0x1080, .fixed = true};
	size_t i;

	for (i = 0; i < 3; i++) {
		frames[i].module = "/bin/app";
		frames[i].build_id = "cd";
		frames[i].segment = &segment;
	}
	return (struct merged_stack){.frames = frame_list(frames, 6), .count = 6};
}

static void test_locations(void **state)
{
	const struct merged_stack stack = odd_stack();
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker;
	profile_t *p;

	(void)state;
	maker = report_fixture_image(f, 1);
	maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));
	maker->modules[0].flags = 0;
	report_fixture_build(f)->entries[0]->site->stack = &stack;
	p = profile_of(f);
	assert_int_equal(p->sample[0]->n_location_id, 5);
	assert_int_equal(p->n_location, 5);
	assert_int_equal(p->location[0]->n_line, 2);
	assert_int_equal(p->location[0]->address, 0x1000);
	assert_int_equal(p->location[0]->line[1]->line, 80);
	assert_int_equal(p->location[0]->line[1]->function_id,
			 p->location[1]->line[0]->function_id);
	assert_int_equal(p->location[2]->n_line, 0);
	assert_int_equal(p->location[3]->mapping_id, 0);
	assert_int_equal(p->location[4]->n_line, 1);
	assert_int_equal(p->n_mapping, 2);
	assert_int_equal(p->mapping[0]->memory_start, 0x1000);
	assert_int_equal(p->mapping[0]->memory_limit, 0x1101);
	assert_true(p->mapping[0]->has_functions && p->mapping[0]->has_line_numbers);
	assert_false(p->mapping[1]->has_functions);
	free_profile(p);
	report_fixture_free(f);
}

static void test_main_comes_first(void **state)
{
	const struct merged_stack stack = odd_stack();
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	profile_t *p;

	(void)state;
	maker_module(maker, "/lib/first.so", NULL, 0);
	maker_module(maker, "/nonexistent/main", "build-id", TL_MOD_EXE);
	maker_timer(maker, maker_site(maker, TL_TIMERFD, TL_NONE));
	report_fixture_build(f)->entries[0]->site->stack = &stack;
	p = profile_of(f);
	assert_int_equal(p->n_mapping, 3);
	assert_string_equal(p->string_table[p->mapping[0]->filename], "/nonexistent/main");
	assert_string_equal(p->string_table[p->mapping[0]->build_id], "6275696c642d6964");
	/* Linked to no fixed address: a place of its own. */
	assert_true(p->mapping[0]->memory_start == UINT64_C(1) << 32);
	assert_true(p->mapping[1]->memory_start == 0x1000);
	assert_true(p->mapping[2]->memory_start == UINT64_C(3) << 32);
	free_profile(p);
	report_fixture_free(f);
}

/* ---- odd reports -------------------------------------------------------------------------- */

static void test_incomplete_says_so(void **state)
{
	struct report_fixture *f = report_fixture_new();
	profile_t *p;
	size_t i;
	bool said = false;

	(void)state;
	report_fixture_image(f, 1)->header.lost_timers = 3;
	report_fixture_build(f);
	p = profile_of(f);
	assert_int_equal(p->n_sample, 0);
	for (i = 0; i < p->n_comment; i++)
		said |= strstr(p->string_table[p->comment[i]], "incomplete") != NULL;
	assert_true(said);
	free_profile(p);
	report_fixture_free(f);
}

static void test_huge_numbers_stay_positive(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	uint32_t i, site = maker_simple_site(maker, TL_TIMERFD);
	profile_t *p;

	(void)state;
	maker_heap(maker, 2);
	for (i = 0; i < 3; i++)
		maker_timer(maker, site)->retained = UINT64_MAX - 5;
	maker->header.start_realtime = UINT64_MAX;
	report_fixture_build(f);
	p = profile_of(f);
	assert_true(p->sample[0]->value[INUSE_SPACE] == INT64_MAX);
	assert_true(p->time_nanos >= 0 && p->duration_nanos >= 0);
	free_profile(p);
	report_fixture_free(f);
}

/* ---- the heap ----------------------------------------------------------------------------- */

static void test_heap(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 1);
	struct strbuf gz = STRBUF_INIT;
	struct heap_profile profile;
	profile_t *p;

	(void)state;
	maker_simple_site(maker, TL_TIMERFD);
	maker_heap(maker, 1);
	maker->header.heap_sample = 4096;
	maker_heap_stack(maker, 0, 3, 10, 64);
	maker_heap_stack(maker, TL_NONE, 0, 2, 1000);
	report_fixture_build(f);
	assert_int_equal(heap_profile_build(&profile, f->ordered, f->count, f->sym), 0);
	assert_int_equal(emit_heap_pprof(&gz, &profile), 0);
	p = unzip(&gz);
	assert_int_equal(p->n_sample_type, 4);
	assert_int_equal(total(p, ALLOC), 12);
	assert_int_equal(total(p, ALLOC_SPACE), 2640);
	assert_int_equal(total(p, INUSE), 3);
	assert_int_equal(total(p, INUSE_SPACE), 192);
	assert_int_equal(p->period, 4096);
	assert_string_equal(p->string_table[p->default_sample_type], "inuse_space");
	free_profile(p);
	heap_profile_free(&profile);
	report_fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sums_are_the_report),
	    cmocka_unit_test(test_suppressed_is_not_leaked),
	    cmocka_unit_test(test_unread_ticks),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_many_threads),
	    cmocka_unit_test(test_locations),
	    cmocka_unit_test(test_main_comes_first),
	    cmocka_unit_test(test_incomplete_says_so),
	    cmocka_unit_test(test_huge_numbers_stay_positive),
	    cmocka_unit_test(test_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
