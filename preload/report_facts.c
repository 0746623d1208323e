/* SPDX-License-Identifier: MIT */
#include "report_facts.h"
#include "sink.h"

bool tl_facts_live(const struct tl_timer *timer)
{
	uint32_t state = tl_load_acquire(&timer->state);

	return (state == TL_SLOT_LIVE || state == TL_SLOT_STOPPING) &&
	       !(tl_timer_more(timer)->facts & TL_FACT_GONE);
}

static void add_sites(struct tl_facts *facts)
{
	const struct tl_site *site;

	for (; (site = tl_sink_site(facts->sites)); facts->sites++) {
		facts->created += tl_load(&site->created);
		facts->stopped += tl_load(&site->stopped);
		for (int i = 0; i < TL_HAZARDS; i++)
			facts->hazards += tl_load(&site->hazards[i]);
	}
}

static void add_timers(struct tl_facts *facts)
{
	uint32_t count = tl_sink_timer_count();

	for (uint32_t i = 0; i < count; i++) {
		const struct tl_timer *timer = tl_sink_timer(i);

		if (timer && tl_facts_live(timer))
			facts->live++;
	}
}

void tl_facts_gather(struct tl_facts *facts)
{
	const struct tl_header *header = tl_sink_header();

	*facts = (struct tl_facts){0};
	facts->incomplete = !header && tl_sink_missed();
	if (!header)
		return;
	add_sites(facts);
	add_timers(facts);
	facts->untracked = (uint64_t)header->untracked_posix + header->untracked_timerfd;
	facts->inherited_exec = header->inherited_exec;
	facts->incomplete = header->lost_timers || header->lost_stacks || header->lost_sites ||
			    header->lost_modules;
}

bool tl_facts_clean(const struct tl_facts *facts)
{
	return !facts->live && !facts->untracked && !facts->inherited_exec && !facts->hazards &&
	       !facts->incomplete;
}

/* ---- chunks --------------------------------------------------------------------------------- */

static const struct tl_chunk *next_chunk(const struct tl_chunk *chunk, uint32_t kind)
{
	const struct tl_header *header = tl_sink_base();
	const char *base = tl_sink_base(), *end = base + tl_sink_used();
	const char *at = chunk ? (const char *)chunk + chunk->size : base + header->header_size;

	while (at + sizeof(*chunk) <= end) {
		chunk = (const struct tl_chunk *)(const void *)at;
		if (chunk->magic != TL_CHUNK_MAGIC || chunk->size < sizeof(*chunk))
			break;
		if (chunk->kind == kind)
			return chunk;
		at += chunk->size;
	}
	return NULL;
}

static const void *slot_at(enum tl_chunk_kind kind, size_t size, uint32_t index)
{
	const struct tl_chunk *chunk = NULL;

	if (!tl_sink_active())
		return NULL;
	while ((chunk = next_chunk(chunk, kind))) {
		uint32_t used = tl_load_acquire(&chunk->used);

		if (index < used)
			return (const char *)(chunk + 1) + index * size;
		index -= used;
	}
	return NULL;
}

const struct tl_module *tl_facts_module(uint32_t index)
{
	return slot_at(TL_CHUNK_MODULE, sizeof(struct tl_module), index);
}

const struct tl_stack *tl_facts_stack(uint32_t index)
{
	return slot_at(TL_CHUNK_STACK, sizeof(struct tl_stack), index);
}

const struct tl_frame *tl_facts_frame(uint32_t index)
{
	return slot_at(TL_CHUNK_FRAME, sizeof(struct tl_frame), index);
}
