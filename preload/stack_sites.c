/* SPDX-License-Identifier: MIT */
#include "stack_sites.h"
#include "section.h"
#include "sink.h"
#include "stack_table.h"

static struct tl_stack_table tables[2]; /* by enum tl_timer_kind */

static uint32_t look_up(const struct tl_trace *trace, enum tl_timer_kind kind, uint64_t key)
{
	struct tl_section section = tl_section_enter();
	uint32_t site = tl_sink_begin() ? tl_stack_site(trace, kind) : TL_NONE;

	/* A stack that was lost is lost, and counted, each time. */
	if (site != TL_NONE && tl_sink_site(site)->stack != TL_NONE)
		tl_stack_table_add(&tables[kind], key, site);
	tl_section_leave(&section);
	return site;
}

/* The stack is new, or is not known by rules alone. */
static TL_NOINLINE uint32_t by_trace(enum tl_timer_kind kind, const struct tl_called *called)
{
	struct tl_trace trace;
	uint64_t key;
	uint32_t site;

	tl_stack_capture(&trace, tl_returns_to(called));
	key = tl_stack_key(trace.hash);
	site = tl_stack_table_find(&tables[kind], key);
	return site == TL_NONE ? look_up(&trace, kind, key) : site;
}

TL_HOT uint32_t tl_stack_sites_here(enum tl_timer_kind kind, const struct tl_called *called)
{
	uint64_t hash = tl_load(&tl_modules_dirty) ? 0 : tl_stack_hash(called);
	uint32_t site =
	    tl_likely(hash) ? tl_stack_table_find(&tables[kind], tl_stack_key(hash)) : TL_NONE;

	return tl_likely(site != TL_NONE) ? site : by_trace(kind, called);
}

void tl_stack_sites_forked(bool inside)
{
	for (unsigned i = 0; i < TL_ARRAY_LEN(tables); i++)
		if (inside) /* a reader goes on in it */
			tables[i].slots = NULL;
		else
			tl_stack_table_forget(&tables[i]);
}
