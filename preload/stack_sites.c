/* SPDX-License-Identifier: MIT */
#include "stack_sites.h"
#include "section.h"
#include "sink.h"
#include "stack_table.h"

static struct tl_stack_table tables[2]; /* by enum tl_timer_kind */

static TL_NOINLINE uint32_t look_up(const struct tl_trace *trace, enum tl_timer_kind kind,
				    uint64_t key)
{
	struct tl_section section = tl_section_enter();
	uint32_t site = tl_stack_site(trace, kind);

	/* A stack that was lost is lost, and counted, each time. */
	if (site != TL_NONE && tl_sink_site(site)->stack != TL_NONE)
		tl_stack_table_add(&tables[kind], key, site);
	tl_section_leave(&section);
	return site;
}

uint32_t tl_stack_sites_get(const struct tl_trace *trace, enum tl_timer_kind kind)
{
	uint64_t key = tl_stack_key(trace->hash);
	uint32_t site = tl_stack_table_find(&tables[kind], key);

	return site == TL_NONE ? look_up(trace, kind, key) : site;
}

void tl_stack_sites_forked(bool inside)
{
	for (unsigned i = 0; i < TL_ARRAY_LEN(tables); i++)
		if (inside) /* a reader goes on in it */
			tables[i].slots = NULL;
		else
			tl_stack_table_forget(&tables[i]);
}
