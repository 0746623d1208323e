/* SPDX-License-Identifier: MIT */
#include "ties_marks.h"
#include "section.h"
#include "sink.h"
#include "stack.h"
#include "sys.h"
#include "unwind_exit.h"

void tl_ties_cause_here(struct tl_ties_cause *cause, bool moved)
{
	struct tl_section section;
	struct tl_trace trace;

	*cause = (struct tl_ties_cause){.stack = TL_NONE, .moved = moved};
	tl_stack_capture(&trace, __builtin_return_address(0));
	cause->in_exit =
	    tl_unwind_in_exit(trace.ips, trace.depth, trace.flags & (TL_STACK_CUT | TL_STACK_LOST));
	section = tl_section_enter();
	if (tl_sink_active())
		cause->stack = tl_stack_index(&trace);
	tl_section_leave(&section);
}

void tl_ties_mark_place(struct tl_timer *timer, bool held, const struct tl_ties_cause *cause)
{
	tl_store(&timer->place, 0);
	if (!held)
		return;
	tl_store(&tl_timer_more(timer)->place_freed_stack, cause->stack);
	tl_or(&timer->flags, cause->in_exit ? TL_F_PLACE_AT_EXIT : TL_F_PLACE_FREED);
}

/* Without an expiry a clock of processor time is set, or none. */
bool tl_ties_armed(const struct tl_timer *timer)
{
	uint64_t expiry = tl_load(&timer->first_expiry);

	if (!tl_load(&timer->arms) || tl_load(&timer->flags) & TL_F_DISARMED)
		return false;
	return tl_load(&timer->interval) || !expiry || expiry > tl_sys_now(CLOCK_MONOTONIC);
}

void tl_ties_payload_hazard(struct tl_site *site, struct tl_timer *timer)
{
	if (tl_or(&timer->flags, TL_F_PAYLOAD_SAID) & TL_F_PAYLOAD_SAID || !site)
		return;
	tl_add(&site->hazards[TL_HAZ_FREED_PAYLOAD], 1);
}

/* A loop that frees the context of a timerfd and closes it next is right: that it still reports or
 * is armed at the end says otherwise. A POSIX timer may fire between the two calls. */
void tl_ties_mark_payload(struct tl_timer *timer, const struct tl_ties_cause *cause)
{
	if (cause->in_exit)
		return;
	tl_store(&tl_timer_more(timer)->payload_freed_stack, cause->stack);
	tl_or(&timer->flags, TL_F_PAYLOAD_FREED | (cause->moved ? TL_F_PAYLOAD_MOVED : 0));
	if (timer->kind == TL_POSIX && tl_ties_armed(timer))
		tl_ties_payload_hazard(tl_sink_site(timer->site), timer);
}
