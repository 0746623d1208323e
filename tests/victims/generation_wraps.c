/* SPDX-License-Identifier: MIT */
/*
 * generation_wraps: a slot as four billion timers would leave it, then a few more in it, each read
 * in vain. None may begin with what the one before it was counted. The last one is left open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

#include "model_trace.h"

static void first_one(const struct tl_chunk *chunk, const void *slot, void *data)
{
	(void)chunk;
	if (!*(const void **)data)
		*(const void **)data = slot;
}

static void read_in_vain(int fd)
{
	uint64_t ticks;

	MUST(read(fd, &ticks, 4) < 0);
	MUST(read(fd, &ticks, sizeof(ticks)) < 0);
}

int main(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	const struct tl_timer_more *more;
	struct tl_timer *timer = NULL;

	MUST(find_trace());
	each_slot(TL_CHUNK_TIMER, first_one, &timer);
	MUST(timer && timer->id == (uint64_t)fd);
	more = tl_timer_more(timer);
	read_in_vain(fd);
	MUST(more->short_reads == 1 && more->eagain == 1);
	close(fd);
	timer->generation = UINT32_MAX - 1;
	for (step = 0; step < 4; step++) {
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
		MUST(timer->state == TL_SLOT_LIVE && timer->id == (uint64_t)fd);
		MUST(more->short_reads == 0 && more->eagain == 0);
		read_in_vain(fd);
		if (step < 3)
			close(fd);
	}
	return 0;
}
