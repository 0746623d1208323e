/* SPDX-License-Identifier: MIT */
/* shim_creators.c - the record of a thread is given to another one, between any two instructions
 * of a call that counts in it. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STEPS
#include "../victims/step.h"
#endif
#include "options.h"
#include "registry_site.h"
#include "section.h"
#include "sink.h"
#include "sink_slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SITE 1
#define TID  1
#define MANY 2200 /* threads, after which no record is whose it was */

#ifdef STEPS
static void count(uint32_t tid)
{
	tl_creator_leave(tl_creator_enter(SITE, tid, 1));
}

static uint32_t others = TID;
static int steps, act_at;

static void on_step(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	if (++steps != act_at)
		return;
	for (int i = 0; i < MANY; i++)
		count(++others);
	step_end(context); /* what is new takes the lock, and blocks the signal */
}

static uint32_t enter_stepping(int at)
{
	uint32_t record;

	steps = 0;
	act_at = at;
	step(1);
	record = tl_creator_enter(SITE, TID, 1);
	step(0);
	return record;
}

static void test_given_away_meanwhile(void **state)
{
	(void)state;
	step_init(on_step);
	for (int at = 1; at == 1 || steps >= act_at; at++) {
		const struct tl_creator *creator;
		uint32_t record;

		count(TID);
		record = enter_stepping(at);
		creator = tl_creator_at(record);
		assert_non_null(creator);
		assert_int_equal(creator->tid, TID);
		assert_int_equal(creator->live, 1);
		tl_creator_leave(record);
	}
	assert_true(act_at > 20);
	for (uint32_t i = 0; tl_creator_at(i); i++)
		assert_int_equal(tl_creator_at(i)->live, 0);
}
#else
static void test_given_away_meanwhile(void **state)
{
	(void)state;
	skip(); /* no trap flag here, or one that the sanitizer steps through as well */
}
#endif

static int begin(void **state)
{
	struct tl_section section = tl_section_enter();
	bool begun;

	(void)state;
	tl_options.trace = "/dev/null/none"; /* in memory */
	begun = tl_sink_begin();
	tl_section_leave(&section);
	return begun ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_given_away_meanwhile)};

	return cmocka_run_group_tests(tests, begin, NULL);
}
