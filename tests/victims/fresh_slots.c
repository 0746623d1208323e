/* SPDX-License-Identifier: MIT */
/*
 * fresh_slots: makes and arms timers in slots that nothing was in, while the page with the second
 * parts of these slots may not be touched. All of them stay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>

#include "cases.h"
#include "model_trace.h"

#define FIRST 66 /* from the 65th on slots are made for later, too */
#define ALL   90

static timer_t handles[ALL];

static void make_and_arm(int i)
{
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	struct itimerspec hour = {.it_value = {3600, 0}};
	int fd;

	MUST(timer_create(CLOCK_MONOTONIC, &none, &handles[i]) == 0);
	MUST(timer_settime(handles[i], 0, &hour, NULL) == 0);
	if (i % 8)
		return;
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	MUST(fd >= 0 && timerfd_settime(fd, 0, &hour, NULL) == 0);
}

static void last_one(const struct tl_chunk *chunk, const void *slot, void *data)
{
	(void)chunk;
	*(const void **)data = slot;
}

struct page {
	uintptr_t first; /* slot */
	int live;
};

static uintptr_t page_of(const void *slot)
{
	return (uintptr_t)slot & -(uintptr_t)TL_TIMER_PAGE;
}

static void count_live(const struct tl_chunk *chunk, const void *slot, void *data)
{
	struct page *page = data;

	(void)chunk;
	page->live +=
	    page_of(slot) == page->first && ((const struct tl_timer *)slot)->state == TL_SLOT_LIVE;
}

int main(void)
{
	const struct tl_timer *spare = NULL;
	struct page page = {0};
	void *second;
	int i;

	for (i = 0; i < FIRST; i++)
		make_and_arm(i);
	MUST(find_trace());
	each_slot(TL_CHUNK_TIMER, last_one, &spare);
	MUST(spare && spare->state == TL_SLOT_FREE && spare->generation == 0);
	page.first = page_of(spare);
	second = (void *)(page.first + TL_TIMER_PAGE);
	MUST(mprotect(second, TL_TIMER_PAGE, PROT_NONE) == 0);
	for (; i < ALL; i++)
		make_and_arm(i);
	MUST(mprotect(second, TL_TIMER_PAGE, PROT_READ | PROT_WRITE) == 0);
	each_slot(TL_CHUNK_TIMER, count_live, &page);
	printf("%d timers there\n", page.live);
	return 0;
}
