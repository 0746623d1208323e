/* SPDX-License-Identifier: MIT */
#include "registry_site.h"
#include "sink.h"
#include "timeline.h"

/* The series counts from 1970, for which no other clock needs to be read. */
static uint64_t since_1970(uint64_t now)
{
	const struct tl_header *header = tl_sink_header();

	return header ? now + (header->start_realtime - header->start) : now;
}

static void raise_to(uint64_t *most, uint64_t value)
{
	uint64_t was = tl_load(most);

	while (was < value && !__atomic_compare_exchange_n(most, &was, value, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void lower_to(uint64_t *least, uint64_t value)
{
	uint64_t was = tl_load(least);

	while (was > value && !__atomic_compare_exchange_n(least, &was, value, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void raise_live_high(struct tl_site *site, uint64_t live)
{
	uint32_t was = tl_load(&site->live_high);

	while (was < live && !__atomic_compare_exchange_n(&site->live_high, &was, (uint32_t)live,
							  true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void tl_site_created(struct tl_site *site, uint64_t now)
{
	uint64_t live = tl_add(&site->live, 1) + 1;

	tl_add(&site->created, 1);
	if (!tl_load(&site->first_create))
		tl_store(&site->first_create, now);
	tl_store(&site->last_create, now);
	raise_live_high(site, live);
	tl_timeline_add(site, live - 1, live, since_1970(now));
}

void tl_site_stopped(struct tl_site *site, uint64_t lifetime, uint64_t now)
{
	uint64_t live = tl_sub(&site->live, 1) - 1;

	tl_add(&site->stopped, 1);
	raise_to(&site->longest, lifetime);
	lower_to(&site->shortest, lifetime);
	tl_timeline_add(site, live + 1, live, since_1970(now));
}
