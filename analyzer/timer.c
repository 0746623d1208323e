/* SPDX-License-Identifier: MIT */
#include "timer.h"

static uint32_t stack_with(const struct tl_timer *timer, uint32_t flags, uint32_t stack)
{
	return timer->flags & flags ? stack : TL_NONE;
}

struct timer timer_join(const struct tl_timer *timer, const struct tl_timer_more *more)
{
	return (struct timer){
	    .state = timer->state,
	    .generation = timer->generation,
	    .id = timer->id,
	    .site = timer->site,
	    .creator = timer->creator,
	    .kind = timer->kind,
	    .notify = timer->notify,
	    .clock = timer->clock,
	    .flags = timer->flags,
	    .tid = timer->tid,
	    .signo = timer->signo,
	    .refs = timer->refs,
	    .place = timer->place,
	    .payload = timer->payload,
	    .created = timer->created,
	    .last_set = timer->last_set,
	    .first_expiry = timer->first_expiry,
	    .interval = timer->interval,
	    .arms = timer->arms,
	    .services = timer->services,
	    .last_service = timer->last_service,
	    .longest_gap = timer->longest_gap,
	    .service_tid = timer->service_tid,
	    .creator_tp = timer->creator_tp,
	    .holder = more->holder,
	    .facts = more->facts,
	    .target_tid = more->target_tid,
	    .disarms = more->disarms,
	    .failed_sets = more->failed_sets,
	    .drains = more->drains,
	    .ticks_read = more->ticks_read,
	    .last_drain = more->last_drain,
	    .eagain = more->eagain,
	    .cancelled = more->cancelled,
	    .short_reads = more->short_reads,
	    .reported = more->reported,
	    .reported_tid = more->reported_tid,
	    .reported_first = more->reported_first,
	    .reported_last = more->reported_last,
	    .holder_tid = more->holder_tid,
	    .holder_module = more->holder_module,
	    .holder_offset = more->holder_offset,
	    .remaining = more->remaining,
	    .epoll_fd = timer->flags & TL_F_REGISTERED ? more->epoll_fd : -1,
	    .epoll_number = more->epoll_number,
	    .place_freed_stack =
		stack_with(timer, TL_F_PLACE_FREED | TL_F_PLACE_AT_EXIT, more->place_freed_stack),
	    .payload_freed_stack = stack_with(timer, TL_F_PAYLOAD_FREED, more->payload_freed_stack),
	    .unread = more->unread,
	    .retained = more->retained,
	};
}
