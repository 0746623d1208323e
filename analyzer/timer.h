/* SPDX-License-Identifier: MIT */
/*
 * timer.h - a timer of a trace: both parts of its slot (preload/tl_format.h) in one. That was the
 * slot itself up to major version 2, which is read as it is: the order is that one's.
 */
#ifndef ANALYZER_TIMER_H
#define ANALYZER_TIMER_H

#include "preload/tl_format.h"

struct timer {
	uint32_t state;
	uint32_t generation;
	uint64_t id;
	uint32_t site, creator;
	uint8_t kind;
	uint8_t notify;
	uint8_t holder;
	uint8_t reserved0;
	int32_t clock;
	uint32_t flags;
	uint32_t facts;

	uint32_t tid;
	uint32_t target_tid;
	int32_t signo;
	uint32_t refs;
	uint64_t place;
	uint64_t payload;

	uint64_t created;
	uint64_t last_set;
	uint64_t first_expiry;
	uint64_t interval;
	uint32_t arms, disarms;
	uint32_t failed_sets;
	uint32_t drains;
	uint64_t ticks_read;
	uint64_t last_drain;
	uint32_t eagain, cancelled, short_reads;
	uint32_t services;
	uint64_t last_service, longest_gap;
	uint32_t service_tid;

	int32_t epoll_fd;
	uint32_t reported;
	uint32_t reported_tid;
	uint64_t reported_first;

	uint32_t holder_tid, holder_module;
	uint64_t holder_offset;
	uint64_t remaining;
	uint64_t creator_tp;
	uint64_t reported_last;
	int32_t epoll_number;

	uint32_t place_freed_stack;
	uint32_t payload_freed_stack;
	uint32_t unread;
	uint64_t retained;
};

_Static_assert(sizeof(struct timer) == 256, "a slot of major version 2");

/* What has no meaning without a flag is -1 or TL_NONE where that is not set. */
struct timer timer_join(const struct tl_timer *timer, const struct tl_timer_more *more);

#endif
