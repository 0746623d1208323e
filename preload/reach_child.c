/* SPDX-License-Identifier: MIT */
#include "reach_state.h"
#include "ties.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* ---- the blocks that timers hang on --------------------------------------------------------- */

static void flag(struct tl_reach *r, uintptr_t address, uint8_t flags)
{
	uint32_t block = address ? tl_reach_find(&r->blocks, address) : TL_R_NO_BLOCK;

	if (block != TL_R_NO_BLOCK)
		r->blocks.flags[block] |= flags;
}

/* A timer_t of SIGEV_THREAD is half the address of a block of the libc's, with the top bit set:
 * trusted only where a block begins at that very address. */
static void flag_timer(struct tl_reach *r, uint32_t slot, const struct tl_timer *t)
{
	flag(r, tl_ties_of(slot, TL_TIE_PLACE), TL_R_TIMER);
	flag(r, tl_ties_of(slot, TL_TIE_PAYLOAD), TL_R_TIMER);
	if (t->kind == TL_POSIX && t->notify == TL_NOTIFY_THREAD)
		flag(r, (uintptr_t)(t->id << 1), TL_R_OPAQUE);
}

static void flag_timers(struct tl_reach *r)
{
	struct tl_audit_mark *mark;

	for (uint32_t i = 0; i < r->timer_count; i++) {
		const struct tl_timer *t = tl_reach_slot(r, i, &mark);

		if (t)
			flag_timer(r, i, t);
	}
}

/* ---- passes ------------------------------------------------------------------------------- */

static void pass(struct tl_reach *r, uint8_t set, uint8_t stop, uint8_t hit)
{
	r->set = set;
	r->stop = stop;
	r->hit = hit;
}

/* On from the timers' blocks that a pass over ranges came to. */
static void go_on(struct tl_reach *r, uint8_t hit)
{
	for (uint32_t i = 0; i < r->blocks.count; i++)
		if (r->blocks.flags[i] & hit && !(r->blocks.flags[i] & r->stop))
			tl_reach_enter(r, i);
	tl_reach_mark_pushed(r);
}

static void mark_all(struct tl_reach *r)
{
	pass(r, TL_R_COUNTS | TL_R_WITHOUT, TL_R_COUNTS | TL_R_OPAQUE, TL_R_HIT_COUNTS);
	tl_reach_mark_ranges(r, &r->roots);
	pass(r, TL_R_ANY | TL_R_WITHOUT, TL_R_COUNTS | TL_R_ANY | TL_R_OPAQUE, TL_R_HIT_ANY);
	tl_reach_mark_ranges(r, &r->others);
	pass(r, TL_R_COUNTS, TL_R_COUNTS | TL_R_OPAQUE, 0);
	go_on(r, TL_R_HIT_COUNTS);
	pass(r, TL_R_ANY, TL_R_COUNTS | TL_R_ANY | TL_R_OPAQUE, 0);
	go_on(r, TL_R_HIT_ANY);
}

/* The parent may be killed meanwhile: whoever waits for its pipes to close would wait for us. */
void tl_reach_child(struct tl_reach *r)
{
	tl_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	tl_reach_guard_init();
	if (!tl_reach_take_absent(r) || !tl_reach_space_init(r) || !tl_reach_blocks(r) ||
	    !tl_reach_roots(r) || !tl_reach_others(r))
		return;
	flag_timers(r);
	mark_all(r);
	tl_reach_judge(r);
	tl_reach_retain(r);
	r->results->cut = r->late;
	tl_store_release(&r->results->done, 1);
}
