/* SPDX-License-Identifier: MIT */
#include "life.h"
#include "alone.h"
#include "foreign.h"
#include "arena.h"
#include "heap.h"
#include "hooks.h"
#include "life_end.h"
#include "life_fork.h"
#include "life_inherit.h"
#include "life_rules.h"
#include "modules.h"
#include "options.h"
#include "out.h"
#include "real.h"
#include "report.h"
#include "section.h"
#include "sink.h"
#include "sink_file.h"
#include "sink_head.h"
#include "stack.h"
#include "stack_room.h"
#include "start_pages.h"
#include "sys.h"
#include "ties_queue.h"
#include "under.h"
#include "unwind_exit.h"
#include <sched.h>
#include <sys/syscall.h>

uint32_t tl_life_state;
static uint32_t starter; /* tid of the thread that initialises; taken before state changes, since a
			  * handler may come at any moment */

int tl_hook_absent(void)
{
	errno = ENOSYS;
	return -1;
}

/* ---- beginning ---------------------------------------------------------------------------- */

static void note_bad_options(void)
{
	for (unsigned i = 0; tl_options_warning(i); i++)
		tl_sink_note(TL_NOTE_OPTION, tl_options_warning(i));
}

/* What was asked for and is not there must not look like "nothing found". */
static void note_unsupported(void)
{
	if (tl_options.warn_limits)
		tl_sink_note(TL_NOTE_OPTION, "warn_limits= is accepted, but this version "
					     "watches no limits");
}

/* Its structures are not those that we know. */
static bool foreign_libc(void)
{
	if (dlvsym)
		return false;
	if (tl_options.enabled && !tl_options.under_run) {
		tl_out_init();
		tl_out_warn("this program does not run on glibc: nothing is recorded");
	}
	return true;
}

static void initialise(void)
{
	tl_under_init();
	tl_sink_head_begin();
	tl_options_init();
	tl_sink_file_init();
	tl_real_init();
	tl_alone_init();
	if (!tl_options.enabled || foreign_libc()) {
		tl_heap_off();
		tl_store_release(&tl_life_state, TL_LIFE_OFF);
		return;
	}
	if (tl_options.heap == TL_HEAP_OFF)
		tl_heap_off(); /* before anything allocates */
	tl_out_init();
	tl_report_begin();
	tl_fork_init();
	tl_modules_refresh();
	tl_stack_init();
	tl_end_init();
	if (tl_options.under_run) {
		note_bad_options();  /* else they have been printed */
		tl_registry_begin(); /* every image has a trace there */
	}
	note_unsupported();
	tl_heap_init();
	tl_unwind_exit_init();
	tl_inherit_from_exec();
	tl_store_release(&tl_life_state, TL_LIFE_READY);
}

/* Other threads wait for the one that initialises; what it calls itself passes through. */
static bool start(void)
{
	uint32_t nobody = 0, tid = (uint32_t)tl_sys_gettid();
	int error = errno;

	if (__atomic_compare_exchange_n(&starter, &nobody, tid, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		initialise();
	} else if (nobody != tid) {
		while (tl_load_acquire(&tl_life_state) == TL_LIFE_FRESH)
			tl_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	}
	errno = error;
	return tl_load_acquire(&tl_life_state) == TL_LIFE_READY;
}

static void count_lost(void)
{
	struct tl_header *header = tl_sink_header();

	if (header)
		tl_add(&header->lost_timers, 1); /* or something else of a timer */
}

/* Signals are not masked then (section.c): a handler that interrupts the holder is turned away. */
static bool turned_away(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (!tl_section_mine())
		return false;
	count_lost();
	return !tl_stack_is_callers(here + 1) || !tl_section_left_by_jump(here);
}

TL_COLD bool tl_life_enter_quietly(void)
{
	if (!tl_load(tl_fork_alive))
		tl_life_off();
	if (tl_load(&tl_life_state) == TL_LIFE_READY && tl_load(&tl_section_given_up)) {
		count_lost();
		tl_life_off();
	}
	return tl_load(&tl_life_state) == TL_LIFE_READY && !turned_away();
}

TL_COLD bool tl_life_begin(void)
{
	return tl_load(&tl_life_state) != TL_LIFE_OFF && start();
}

void tl_life_forked(void)
{
	tl_life_own_files = false;
	if (tl_load(&tl_life_state) == TL_LIFE_FRESH)
		tl_store(&starter, 0); /* who was initialising is not in this process */
}

__attribute__((constructor)) static void construct(void)
{
	int error = errno;

	if (tl_load(&tl_life_state) == TL_LIFE_FRESH)
		tl_start_pages();
	if (tl_life_enter())
		tl_life_take_rules();
	errno = error;
}

/* ---- changes of ground -------------------------------------------------------------------- */

bool tl_life_quiet(void)
{
	return tl_load(&tl_sys_quiet);
}

static bool wants_file(void)
{
	return tl_options.under_run || (tl_options.trace && tl_options.trace[0]);
}

/* Timers that are made inside find no memory otherwise, nor do ties that are made late. Where
 * nothing is recorded yet and nobody asked for a file none is made: it could not be taken away
 * again. */
static void prepare_for_quiet(void)
{
	struct tl_section section = tl_section_enter();

	if (tl_sink_active() || (wants_file() && tl_sink_begin())) {
		tl_ties_settle();
		tl_arena_reserve();
		tl_stack_reserve();
		tl_sink_reserve();
	}
	tl_section_leave(&section);
}

void tl_life_go_quiet(bool now)
{
	if (now && !tl_life_quiet())
		prepare_for_quiet();
	if (now && !tl_life_quiet())
		tl_sink_note(TL_NOTE_SECCOMP,
			     "the program put itself into a seccomp sandbox: no audit "
			     "and no report from inside");
	tl_store(&tl_sys_quiet, now);
	tl_sink_mark_quiet(now);
}

void tl_life_off(void)
{
	tl_store_release(&tl_life_state, TL_LIFE_OFF);
}

TL_TLS bool tl_life_own_files;

void tl_life_note_unshare(void)
{
	tl_life_own_files = tl_sys_gettid() != tl_sys_getpid();
	if (tl_life_enter())
		tl_sink_note(TL_NOTE_UNSHARE,
			     "a thread took its own descriptor table: what it does to "
			     "timerfds is seen by the audit only");
}
