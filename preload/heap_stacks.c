/* SPDX-License-Identifier: MIT */
#include "heap_stacks.h"
#include "modules.h"
#include "section.h"
#include "sink.h"
#include "stack.h"
#include "stack_table.h"

static struct tl_stack_table table;
static uint32_t nameless = TL_NONE;

static TL_COLD uint32_t look_up(const struct tl_trace *trace, uint64_t key)
{
	struct tl_section section = tl_section_enter();
	uint32_t heap = tl_sink_begin() ? tl_stack_heap(trace) : TL_NONE;

	if (heap != TL_NONE && key)
		tl_stack_table_add(&table, key, heap);
	tl_section_leave(&section);
	return heap;
}

uint32_t tl_heap_stacks_here(void *caller)
{
	struct tl_trace trace;
	uint32_t heap;

	if (tl_load(&tl_modules_dirty))
		tl_modules_refresh();
	tl_stack_unwind_plain(&trace, caller);
	heap = tl_stack_table_find(&table, tl_stack_key(&trace));
	if (tl_likely(heap != TL_NONE))
		return heap;
	tl_stack_refresh_modules(&trace);
	return look_up(&trace, tl_stack_key(&trace));
}

uint32_t tl_heap_stacks_nameless(void)
{
	if (tl_load(&nameless) == TL_NONE)
		tl_store(&nameless, look_up(NULL, 0));
	return tl_load(&nameless);
}

void tl_heap_stacks_forked(void)
{
	tl_stack_table_forget(&table);
	nameless = TL_NONE;
}
