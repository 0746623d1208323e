/* SPDX-License-Identifier: MIT */
/* test_report.c - merging of sites, numbers that add up, suppressions, order, the gate. */
#include "analyzer/gate.h"
#include "report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void assert_sums(const struct report *report)
{
	const struct report_summary *s = &report->summary;

	assert_true(s->created == s->stopped + s->live);
	assert_true(s->live == s->kinds[KIND_DEFINITE] + s->kinds[KIND_POSSIBLE] +
				   s->kinds[KIND_HELD] + s->kinds[KIND_UNDECIDED] + s->suppressed +
				   s->baselined);
}

static uint32_t site_at(struct trace_maker *maker, uint32_t kind, uint32_t module, uint64_t offset)
{
	const struct maker_frame frame = {module, offset};

	return maker_site(maker, kind, maker_stack(maker, &frame, 1));
}

/* ---- merging ------------------------------------------------------------------------------ */

static void test_same_build_merges(void **state)
{
	struct report_fixture *f = report_fixture_new();
	const struct report *report;
	uint32_t pid;

	(void)state;
	for (pid = 10; pid < 12; pid++) {
		struct trace_maker *maker = report_fixture_image(f, pid);
		uint32_t site = maker_simple_site(maker, TL_TIMERFD);

		if (pid == 11) /* the same file, seen under another name */
			strcpy(maker->modules[0].path, "/nonexistent/moved");
		maker_timer(maker, site);
		maker_timer(maker, site)->tid = 500;
		maker->sites[site].created += 3;
		maker->sites[site].stopped = 3;
	}
	report = report_fixture_build(f);
	assert_sums(report);
	assert_int_equal(report->entry_count, 1);
	assert_int_equal(report->entries[0]->count, 4);
	assert_int_equal(report->entries[0]->pid_count, 2);
	assert_int_equal(report->entries[0]->thread_count, 4);
	assert_int_equal(report->entries[0]->site->stopped, 6);
	assert_int_equal(report->summary.created, 10);
	assert_int_equal(report->summary.sites, 1);
	assert_int_equal(report->main_pid, 10);
	/* Its frames were looked up under the first name: the second was not even opened. */
	assert_non_null(strstr(symbolizer_warnings(f->sym)[0], "/nonexistent/"));
	assert_null(symbolizer_warnings(f->sym)[1]);
	report_fixture_free(f);
}

static void test_other_builds_paths_and_kinds_do_not(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t a = maker_module(maker, "/nonexistent/a", "one", 0);
	uint32_t b = maker_module(maker, "/nonexistent/a", "two", 0);
	uint32_t c = maker_module(maker, "/nonexistent/c", NULL, 0);
	uint32_t d = maker_module(maker, "/nonexistent/d", NULL, 0);
	const struct report *report;

	(void)state;
	maker_timer(maker, site_at(maker, TL_POSIX, a, 16));
	maker_timer(maker, site_at(maker, TL_POSIX, b, 16));
	maker_timer(maker, site_at(maker, TL_POSIX, c, 16));
	maker_timer(maker, site_at(maker, TL_POSIX, d, 16));
	maker_timer(maker, site_at(maker, TL_POSIX, d, 17));
	maker_timer(maker, site_at(maker, TL_TIMERFD, d, 17));
	maker_timer(maker, site_at(maker, TL_TIMERFD, TL_NONE, 17));
	report = report_fixture_build(f);
	assert_sums(report);
	assert_int_equal(report->entry_count, 7);
	assert_int_equal(report->summary.sites, 7);
	report_fixture_free(f);
}

static void test_one_site_two_classes(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t site = maker_simple_site(maker, TL_POSIX);
	const struct report *report;

	(void)state;
	maker_timer(maker, site);
	maker_timer(maker, site)->flags = TL_F_OVERWRITTEN;
	maker_timer(maker, site)->flags = TL_F_OVERWRITTEN;
	maker_timer(maker, site)->facts = TL_FACT_GONE;
	report = report_fixture_build(f);
	assert_sums(report);
	assert_int_equal(report->entry_count, 2);
	assert_int_equal(report->summary.leaked, 3);
	assert_int_equal(report->summary.sites, 1);
	assert_int_equal(report->summary.created, 4);
	assert_int_equal(report->summary.stopped, 1);
	assert_string_equal(verdict_class_name(report->entries[0]->verdict.class), "overwritten");
	report_fixture_free(f);
}

static void test_timers_without_a_site(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t site = maker_simple_site(maker, TL_POSIX);
	const struct report *report;

	(void)state;
	maker_timer(maker, site)->site = 4711;
	maker_timer(maker, site)->site = TL_NONE;
	maker->sites[site].created = 0;
	report = report_fixture_build(f);
	assert_sums(report);
	assert_int_equal(report->entry_count, 1);
	assert_int_equal(report->entries[0]->count, 2);
	assert_int_equal(report->entries[0]->site->stack->count, 0);
	report_fixture_free(f);
}

static void test_what_is_never_created(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t site = maker_simple_site(maker, TL_TIMERFD);
	const struct report *report;

	(void)state;
	maker_timer(maker, site)->state = TL_SLOT_INHERITED;
	maker_timer(maker, site)->state = TL_SLOT_FREE;
	maker_timer(maker, site)->state = TL_SLOT_EMPTY;
	maker->header.inherited_fork = 1;
	maker->header.inherited_exec = 2;
	report = report_fixture_build(f);
	assert_sums(report);
	assert_int_equal(report->summary.created, 0);
	assert_int_equal(report->summary.inherited, 3);
	assert_int_equal(report->summary.hazards, 2);
	assert_string_equal(report->hazards[0].site ? "site" : "none", "none");
	report_fixture_free(f);
}

/* ---- undrained ---------------------------------------------------------------------------- */

static struct timer *expired(struct trace_maker *maker, uint32_t site, uint32_t fact)
{
	struct timer *timer = maker_timer(maker, site);

	timer->facts = TL_FACT_SEEN | fact;
	timer->first_expiry = MAKER_START + MAKER_SECOND;
	return timer;
}

static void test_undrained_counts(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t fds = maker_simple_site(maker, TL_TIMERFD);
	uint32_t posix = site_at(maker, TL_POSIX, 0, 99);
	const struct report *report;

	(void)state;
	expired(maker, fds, TL_FACT_TICKS);
	expired(maker, fds, TL_FACT_TICKS | TL_FACT_IN_EPOLL);
	expired(maker, fds, TL_FACT_TICKS | TL_FACT_BLOCKED_ON); /* row 8: not counted */
	expired(maker, posix, TL_FACT_PENDING)->signo = 40;
	expired(maker, posix, TL_FACT_PENDING)->signo = 40; /* shares the signal */
	expired(maker, posix, TL_FACT_PENDING)->signo = 41;
	report = report_fixture_build(f);
	assert_int_equal(report->summary.undrained, 4);
	assert_int_equal(report->summary.undrained_unknown, 0);
	report_fixture_free(f);
}

/* What is sent to a thread waits there, apart from the same signal sent to the process. */
static void test_undrained_signals_of_threads(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t site = maker_simple_site(maker, TL_POSIX);
	const uint32_t targets[] = {0, 0, 11, 11, 12};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct timer *timer = expired(maker, site, TL_FACT_PENDING);

		timer->signo = 10;
		timer->notify = targets[i] ? TL_NOTIFY_THREAD_ID : TL_NOTIFY_SIGNAL;
		timer->target_tid = targets[i];
	}
	assert_int_equal(report_fixture_build(f)->summary.undrained, 3);
	report_fixture_free(f);
}

/* ---- through exec ------------------------------------------------------------------------- */

static struct timer *through_exec(struct trace_maker *maker, uint64_t fd)
{
	struct timer *timer = maker_timer(maker, maker_simple_site(maker, TL_TIMERFD));

	timer->site = timer->creator = TL_NONE;
	timer->state = TL_SLOT_INHERITED;
	timer->flags |= TL_F_BY_EXEC;
	timer->id = fd;
	maker->header.inherited_exec++;
	return timer;
}

/* The image before knows where they were made; also the one before that. */
static void test_cloexec_missing_names_the_site(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *first = report_fixture_image(f, 10), *second, *third;
	const struct report *report;

	(void)state;
	first->header.end_state = TL_END_EXEC;
	maker_timer(first, maker_simple_site(first, TL_TIMERFD))->id = 5;
	second = report_fixture_image(f, 10);
	second->header.start_realtime = first->header.start_realtime + 1;
	second->header.end_state = TL_END_EXEC;
	through_exec(second, 5);
	third = report_fixture_image(f, 10);
	third->header.start_realtime = first->header.start_realtime + 2;
	through_exec(third, 5)->state = TL_SLOT_FREE; /* closed since */
	through_exec(third, 6);			      /* of whom nobody knows */
	report = report_fixture_build(f);
	assert_int_equal(report->hazard_count, 2);
	assert_int_equal(report->hazards[0].hazard, TL_HAZ_CLOEXEC_MISSING);
	assert_int_equal(report->hazards[0].count, 2);
	assert_non_null(report->hazards[0].site);
	assert_int_equal(report->hazards[1].count, 1);
	assert_null(report->hazards[1].site);
	assert_int_equal(report->summary.hazards, 3);
	report_fixture_free(f);
}

/* ---- suppressions and order --------------------------------------------------------------- */

static void test_suppressed_is_a_number_of_its_own(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t a = maker_module(maker, "/nonexistent/liba.so", "a", 0);
	uint32_t b = maker_module(maker, "/nonexistent/libb.so", "b", 0);
	uint32_t site = site_at(maker, TL_TIMERFD, a, 16);
	const struct report *report;

	(void)state;
	expired(maker, site, TL_FACT_TICKS);
	expired(maker, site, TL_FACT_TICKS);
	maker_timer(maker, site_at(maker, TL_POSIX, b, 16));
	report_fixture_suppress(f, "leak:liba.so\n");
	report = report_fixture_build(f);
	assert_sums(report);
	assert_int_equal(report->summary.suppressed, 2);
	assert_int_equal(report->summary.leaked, 1);
	assert_int_equal(report->summary.sites, 1);
	assert_int_equal(report->summary.undrained, 0);
	assert_null(report->entries[0]->suppressed_by); /* last, though it has more timers */
	assert_string_equal(report->entries[1]->suppressed_by, "leak:liba.so");
	report_fixture_free(f);
}

static void test_leaked_first_then_most(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t module = maker_module(maker, "/nonexistent/a", "a", 0), i, k;
	const struct report *report;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint32_t site = site_at(maker, TL_POSIX, module, 16 + i);

		for (k = 0; k <= i * i; k++)
			maker_timer(maker, site)->holder = i == 2 ? TL_HOLDER_STATIC : 0;
	}
	report = report_fixture_build(f);
	assert_int_equal(report->entries[0]->count, 2);
	assert_int_equal(report->entries[1]->count, 1);
	assert_int_equal(report->entries[2]->count, 5);
	assert_false(report->entries[2]->leaked);
	report_fixture_free(f);

	f = report_fixture_new();
	f->options.leak_kinds |= KIND_BIT(KIND_HELD);
	maker = report_fixture_image(f, 10);
	maker_timer(maker, maker_simple_site(maker, TL_POSIX))->holder = TL_HOLDER_TLS;
	assert_int_equal(report_fixture_build(f)->summary.leaked, 1);
	report_fixture_free(f);
}

static void test_ages(void **state)
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	uint32_t i, site = maker_simple_site(maker, TL_POSIX);
	const struct entry *entry;

	(void)state;
	for (i = 0; i < 4; i++)
		maker_timer(maker, site)->created = MAKER_END - (4 - i) * MAKER_SECOND;
	entry = report_fixture_build(f)->entries[0];
	assert_true(entry->age_min == MAKER_SECOND);
	assert_true(entry->age_median == 2 * MAKER_SECOND);
	assert_true(entry->age_max == 4 * MAKER_SECOND);
	report_fixture_free(f);
}

/* ---- the gate ----------------------------------------------------------------------------- */

static const char *judge(const struct report *report, int64_t leaks, int64_t undrained)
{
	const struct gate_limits limits = {leaks, undrained};
	static char words[128];
	struct gate gate;
	size_t i;

	gate_judge(&gate, &limits, report);
	words[0] = '\0';
	for (i = 0; gate.reasons[i]; i++) {
		strcat(words, " ");
		strcat(words, gate.reasons[i]);
	}
	assert_int_equal(gate.state == GATE_FAILED, i > 0);
	if (i)
		return words + 1;
	return gate.state == GATE_NONE ? "none" : "passed";
}

static void test_gate(void **state)
{
	struct report report = {.complete = true, .summary = {.leaked = 3, .undrained = 1}};

	(void)state;
	assert_string_equal(judge(&report, -1, -1), "none");
	assert_string_equal(judge(&report, 3, -1), "passed");
	assert_string_equal(judge(&report, 2, -1), "max_leaks");
	assert_string_equal(judge(&report, 0, 0), "max_leaks max_undrained");
	assert_string_equal(judge(&report, 9, 1), "passed");
	report.summary.undrained_unknown = 1;
	assert_string_equal(judge(&report, 9, -1), "passed");
	assert_string_equal(judge(&report, -1, 9), "undrained_unknown");
	report.complete = false;
	assert_string_equal(judge(&report, 9, -1), "incomplete");
	assert_string_equal(judge(&report, 0, 0),
			    "max_leaks max_undrained undrained_unknown incomplete");
	assert_string_equal(judge(&report, -1, -1), "none");
}

static bool complete_with(void (*spoil)(struct trace_maker *maker))
{
	struct report_fixture *f = report_fixture_new();
	struct trace_maker *maker = report_fixture_image(f, 10);
	const struct report *report;
	bool complete;

	maker_timer(maker, maker_simple_site(maker, TL_POSIX));
	if (spoil)
		spoil(maker);
	report = report_fixture_build(f);
	complete = report->complete;
	/* Nobody shall have to guess why. */
	assert_true(complete || report->warning_count > 1);
	report_fixture_free(f);
	return complete;
}

static void lose_timers(struct trace_maker *maker)
{
	maker->header.lost_timers = 1;
}

static void lose_stacks(struct trace_maker *maker)
{
	maker->header.lost_stacks = 1;
}

static void not_saved(struct trace_maker *maker)
{
	maker_note(maker, TL_NOTE_TRACE, "the trace was not saved: no space left on the device");
}

static void other_note(struct trace_maker *maker)
{
	maker_note(maker, TL_NOTE_UNWIND, "libunwind is absent");
}

static void test_what_makes_a_report_incomplete(void **state)
{
	(void)state;
	assert_true(complete_with(NULL));
	assert_true(complete_with(other_note));
	assert_false(complete_with(lose_timers));
	assert_false(complete_with(lose_stacks));
	assert_false(complete_with(not_saved));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_build_merges),
	    cmocka_unit_test(test_other_builds_paths_and_kinds_do_not),
	    cmocka_unit_test(test_one_site_two_classes),
	    cmocka_unit_test(test_timers_without_a_site),
	    cmocka_unit_test(test_what_is_never_created),
	    cmocka_unit_test(test_undrained_counts),
	    cmocka_unit_test(test_undrained_signals_of_threads),
	    cmocka_unit_test(test_cloexec_missing_names_the_site),
	    cmocka_unit_test(test_suppressed_is_a_number_of_its_own),
	    cmocka_unit_test(test_leaked_first_then_most),
	    cmocka_unit_test(test_ages),
	    cmocka_unit_test(test_gate),
	    cmocka_unit_test(test_what_makes_a_report_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
