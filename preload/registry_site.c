/* SPDX-License-Identifier: MIT */
#include "registry_site.h"
#include "alone.h"
#include "sink.h"
#include "timeline.h"

/* The series counts from 1970, for which no other clock needs to be read. */
static uint64_t since_1970(uint64_t now)
{
	const struct tl_header *header = tl_sink_header();

	return header ? now + (header->start_realtime - header->start) : now;
}

TL_HOT void tl_site_created(struct tl_site *site, uint64_t now)
{
	uint64_t live = tl_quick_fetch_add(&site->live, 1) + 1;

	tl_quick_add(&site->created, 1);
	if (!tl_load(&site->first_create))
		tl_store(&site->first_create, now);
	tl_store(&site->last_create, now);
	tl_quick_raise(&site->live_high, (uint32_t)live);
	tl_timeline_add(site, live - 1, live, since_1970(now));
}

TL_HOT void tl_site_stopped(struct tl_site *site, uint64_t lifetime, uint64_t now)
{
	uint64_t live = tl_quick_fetch_add(&site->live, UINT64_MAX) - 1;

	tl_quick_add(&site->stopped, 1);
	tl_quick_raise(&site->longest, lifetime);
	tl_quick_lower(&site->shortest, lifetime);
	tl_timeline_add(site, live + 1, live, since_1970(now));
}
