/* SPDX-License-Identifier: MIT */
/* test_explain.c - the heap's evidence in words, and who is named as the one that freed. */
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct report_fixture *f;
static struct trace_maker *maker;
static uint32_t posix, fds;

static int begin(void **state)
{
	(void)state;
	f = report_fixture_new();
	maker = report_fixture_image(f, 10);
	posix = maker_simple_site(maker, TL_POSIX);
	fds = maker_site(maker, TL_TIMERFD, 0);
	maker_heap(maker, HEAP_FULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	report_fixture_free(f);
	return 0;
}

static struct timer *timer(uint32_t site, uint32_t flags)
{
	struct timer *made = maker_timer(maker, site);

	made->flags = flags;
	return made;
}

/* The only entry says so. */
static void says(const char *evidence, const char *advice)
{
	const struct report *report = report_fixture_build(f);

	assert_int_equal(report->entry_count, 1);
	assert_string_equal(report->entries[0]->evidence, evidence);
	if (advice)
		assert_string_equal(report->entries[0]->advice, advice);
}

#define NOBODY ": nobody can stop "

static void test_place_freed(void **state)
{
	(void)state;
	timer(posix, TL_F_PLACE_FREED);
	says("the block that held its handle was freed" NOBODY "it any more",
	     "timer_delete it before its block is freed");
}

static void test_places_freed(void **state)
{
	(void)state;
	timer(posix, TL_F_PLACE_FREED);
	timer(posix, TL_F_PLACE_FREED);
	says("the blocks that held their handles were freed" NOBODY "them any more",
	     "timer_delete them before their blocks are freed");
}

static void test_place_unloaded(void **state)
{
	(void)state;
	timer(posix, TL_F_PLACE_FREED | TL_F_PLACE_UNLOADED);
	says("the library that held its handle was unloaded" NOBODY "it any more",
	     "timer_delete it before its library is unloaded");
}

static void test_payload_freed_while_armed(void **state)
{
	(void)state;
	timer(posix, TL_F_PAYLOAD_FREED);
	says("armed, and what its notification points to was freed",
	     "disarm or delete it before you free what it points to");
}

static void test_payloads_of_descriptors(void **state)
{
	(void)state;
	timer(fds, TL_F_PAYLOAD_FREED);
	timer(fds, TL_F_PAYLOAD_FREED);
	says("armed, and what their notifications point to was freed",
	     "EPOLL_CTL_DEL or close them before you free what their events point to");
}

static void test_payload_moved(void **state)
{
	(void)state;
	timer(fds, TL_F_PAYLOAD_FREED | TL_F_PAYLOAD_MOVED);
	says("armed, and what its notification points to was moved by realloc",
	     "give the epoll set the new address (EPOLL_CTL_MOD) after realloc");
}

static void test_payload_freed_while_disarmed(void **state)
{
	(void)state;
	timer(posix, TL_F_PAYLOAD_FREED | TL_F_DISARMED);
	says("what its notification points to was freed",
	     "delete it before you free what it points to");
}

static void test_orphaned_in_two_ways(void **state)
{
	(void)state;
	timer(posix, TL_F_PLACE_FREED);
	timer(posix, TL_F_PAYLOAD_FREED);
	says("the blocks that held their handles were freed" NOBODY
	     "them any more; others were orphaned in another way",
	     NULL);
}

static void test_unreachable(void **state)
{
	(void)state;
	timer(posix, 0)->facts |= TL_FACT_UNREACHABLE;
	says("its handle is in a heap block that nothing leads to any more",
	     "timer_delete it before the last pointer to its block is lost");
}

static void test_held_by_the_heap(void **state)
{
	(void)state;
	timer(posix, 0)->holder = TL_HOLDER_HEAP;
	timer(posix, 0)->holder = TL_HOLDER_HEAP;
	maker->timers[1].holder_offset = 16; /* another block, but one answer */
	says("still held in heap blocks that the program can reach", NULL);
}

static void test_held_until_exit(void **state)
{
	(void)state;
	timer(posix, TL_F_PLACE_AT_EXIT);
	says("held until exit() freed its block", NULL);
}

static void test_held_until_exit_and_otherwise(void **state)
{
	(void)state;
	timer(posix, TL_F_PLACE_AT_EXIT);
	timer(posix, TL_F_PLACE_AT_EXIT)->holder = TL_HOLDER_TLS;
	says("held until exit() freed their blocks, others elsewhere", NULL);
}

/* ---- who freed ---------------------------------------------------------------------------- */

static uint32_t stack_at(uint64_t offset)
{
	const struct maker_frame frame = {0, offset};

	return maker_stack(maker, &frame, 1);
}

static void test_first_known_freer_is_named(void **state)
{
	const struct entry *entry;

	(void)state;
	timer(posix, TL_F_PLACE_FREED); /* its stack was lost */
	timer(posix, TL_F_PLACE_FREED)->place_freed_stack = 4711;
	timer(posix, TL_F_PLACE_FREED)->place_freed_stack = stack_at(0x700);
	timer(posix, TL_F_PLACE_FREED)->place_freed_stack = stack_at(0x600);
	timer(posix, TL_F_PLACE_FREED)->place_freed_stack = stack_at(0x700);
	timer(posix, TL_F_PAYLOAD_FREED)->payload_freed_stack = stack_at(0x500);
	entry = report_fixture_build(f)->entries[0];
	assert_int_equal(entry->count, 6);
	assert_int_equal(entry->freed_by->count, 1);
	assert_int_equal(entry->freed_by->frames[0]->offset, 0x700);
	assert_int_equal(entry->freer_count, 3);
}

/* The words are about the first timer: its end and this stack have to belong together. */
static void test_freer_fits_the_words(void **state)
{
	const struct entry *entry;
	struct timer *made;

	(void)state;
	timer(posix, TL_F_PLACE_FREED);
	made = timer(posix, TL_F_PAYLOAD_FREED);
	made->payload_freed_stack = stack_at(0x500);
	made->place_freed_stack = stack_at(0x600); /* not what its row is about */
	entry = report_fixture_build(f)->entries[0];
	assert_null(entry->freed_by);
	assert_int_equal(entry->freer_count, 1);
	assert_int_equal(entry->freers[0]->frames[0]->offset, 0x500);
}

static void test_nobody_freed_what_is_held(void **state)
{
	const struct entry *entry;

	(void)state;
	timer(posix, 0)->place_freed_stack = stack_at(0x700);
	entry = report_fixture_build(f)->entries[0];
	assert_null(entry->freed_by);
	assert_int_equal(entry->freer_count, 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_place_freed),
	    EACH(test_places_freed),
	    EACH(test_place_unloaded),
	    EACH(test_payload_freed_while_armed),
	    EACH(test_payloads_of_descriptors),
	    EACH(test_payload_moved),
	    EACH(test_payload_freed_while_disarmed),
	    EACH(test_orphaned_in_two_ways),
	    EACH(test_unreachable),
	    EACH(test_held_by_the_heap),
	    EACH(test_held_until_exit),
	    EACH(test_held_until_exit_and_otherwise),
	    EACH(test_first_known_freer_is_named),
	    EACH(test_freer_fits_the_words),
	    EACH(test_nobody_freed_what_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
