/* SPDX-License-Identifier: MIT */
/* shim_ties.c - a slot whose last timer was stopped while another thread tied it, and calls that go
 * on in the child of a handler's fork. One thread, so nothing asks for the section. */
#include "heap.h"
#include "options.h"
#include "registry_slot.h"
#include "section.h"
#include "sink.h"
#include "ties_queue.h"
#include "ties_table.h"
#include "timer_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define OLD_BLOCK   0x10000
#define BLOCK	    0x20000
#define OTHER_BLOCK 0x30000
#define OTHERS	    5000 /* so that one leaf does not hold them */

static struct tl_ref make(void)
{
	uint32_t slot;
	struct tl_timer *timer = tl_slot_new(TL_TIMERFD, TL_NONE, &slot);

	assert_non_null(timer);
	return tl_slot_publish(timer, slot, TL_SLOT_LIVE);
}

static void test_stopped_meanwhile(void **state)
{
	struct tl_ref old = make(), ref;
	struct tl_tie *t;

	(void)state;
	assert_non_null(tl_tie_add(old, TL_TIE_PAYLOAD, OLD_BLOCK));
	tl_slot_stop(tl_slot_get(old), old); /* it looked for ties before there was one */
	ref = make();
	assert_int_equal(ref.slot, old.slot);
	assert_null(tl_tie_of(ref.slot, TL_TIE_PAYLOAD));
	assert_non_null(tl_tie_add(ref, TL_TIE_PAYLOAD, BLOCK));
	for (int i = 0; i < OTHERS; i++) {
		assert_non_null(tl_tie_add(make(), TL_TIE_PAYLOAD, OTHER_BLOCK));
		assert_int_equal(tl_ties_of(ref.slot, TL_TIE_PAYLOAD), BLOCK);
	}
	t = tl_tie_of(ref.slot, TL_TIE_PAYLOAD);
	assert_int_equal(t->generation, ref.generation);
	tl_tie_remove(t);
	assert_null(tl_tie_of(ref.slot, TL_TIE_PAYLOAD));
}

/* What such a call has of its timer is empty memory; in the slot of that number is the child's. */
static void test_a_create_goes_on_in_a_child(void **state)
{
	struct tl_timer parents = {0};
	struct tl_ref childs = make();

	(void)state;
	assert_false(tl_ties_queued());
	tl_ties_later(&parents, childs.slot);
	assert_false(tl_ties_queued());
}

static void test_a_delete_goes_on_in_a_child(void **state)
{
	struct tl_timer parents = {0};
	struct tl_ref childs = make(), ref = {childs.slot, childs.generation + 1};
	uint32_t id = tl_ids_find(0);

	(void)state;
	tl_registry_enter();
	tl_registry_delete_end(&parents, ref, false);
	assert_int_equal(tl_ids_find(0), id);
	assert_int_equal(parents.state, TL_SLOT_EMPTY);
	tl_registry_enter();
	tl_registry_delete_end(&parents, ref, true);
	assert_int_equal(parents.state, TL_SLOT_EMPTY);
	assert_non_null(tl_slot_get(childs));
	assert_int_equal(tl_registry_inflight(), 0);
}

static void wait_for_tie(void (*end)(struct tl_timer *, uint32_t))
{
	struct tl_ref ref = make();

	tl_ties_later(tl_slot_get(ref), ref.slot);
	if (end)
		end(tl_slot_get(ref), ref.slot);
}

/* Those that ended go when there are FEWEST_GONE, half of all that wait. The parent's are none. */
static void test_what_waits_in_the_parent_does_not_count_in_a_child(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		wait_for_tie(i < 31 ? tl_ties_ended : NULL);
	assert_true(tl_ties_queued());
	tl_ties_queue_forked();
	assert_false(tl_ties_queued());
	for (int i = 0; i < 32; i++) {
		wait_for_tie(tl_ties_ended);
		assert_int_equal(tl_ties_queued(), i < 31);
	}
}

static int begin(void **state)
{
	struct tl_section section = tl_section_enter();
	bool begun;

	(void)state;
	tl_options.trace = "/dev/null/none"; /* in memory */
	begun = tl_heap_first() && tl_map_init() && tl_sink_begin();
	tl_section_leave(&section);
	return begun ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stopped_meanwhile),
	    cmocka_unit_test(test_a_create_goes_on_in_a_child),
	    cmocka_unit_test(test_a_delete_goes_on_in_a_child),
	    cmocka_unit_test(test_what_waits_in_the_parent_does_not_count_in_a_child)};

	return cmocka_run_group_tests(tests, begin, NULL);
}
