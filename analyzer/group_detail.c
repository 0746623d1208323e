/* SPDX-License-Identifier: MIT */
#include "group_detail.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

/* ---- who holds it ------------------------------------------------------------------------- */

static void describe_static(struct entry_detail *detail, const struct detail_place *place,
			    const struct timer *timer)
{
	const struct tl_module *module = image_module(place->image, timer->holder_module);
	const struct frame *frames;
	int handle;

	if (!module)
		return;
	handle = stack_index_module(place->stacks, timer->holder_module);
	/* The image's own text may go before the report is written. */
	symbolizer_entry(place->sym, handle, &frames);
	detail->module = frames->module;
	detail->variable =
	    handle < 0 ? NULL : symbolizer_data(place->sym, handle, timer->holder_offset);
}

static bool same_holder(const struct entry_detail *a, const struct entry_detail *b)
{
	if (a->holder != b->holder || a->holder_tid != b->holder_tid)
		return false;
	if (a->variable && b->variable)
		return strcmp(a->variable, b->variable) == 0;
	return a->offset == b->offset;
}

static void describe_holder(struct entry_detail *detail, const struct detail_place *place,
			    const struct timer *timer)
{
	if (!timer_has_holder(place->image, timer))
		return;
	detail->holder = timer->holder;
	if (timer->holder == TL_HOLDER_TLS || timer->holder == TL_HOLDER_FRAME)
		detail->holder_tid = timer->holder_tid;
	if (timer->holder == TL_HOLDER_STATIC) {
		detail->offset = timer->holder_offset;
		describe_static(detail, place, timer);
	}
}

/* ---- who freed it ------------------------------------------------------------------------- */

static void describe_orphan(struct entry_detail *detail, struct verdict verdict,
			    const struct detail_place *place, const struct timer *timer)
{
	detail->armed = verdict.row == 2;
	if (verdict.row == 4 && timer->flags & TL_F_PLACE_UNLOADED)
		describe_static(detail, place, timer);
	if (verdict.row == 4)
		detail->orphaned_by = timer->flags & TL_F_PLACE_UNLOADED ? BY_UNLOAD : BY_FREE;
	else
		detail->orphaned_by = timer->flags & TL_F_PAYLOAD_MOVED ? BY_MOVE : BY_PAYLOAD;
}

static bool same_end(const struct entry_detail *a, const struct entry_detail *b)
{
	return a->orphaned_by == b->orphaned_by && a->armed == b->armed;
}

static int add_freer(struct entry *entry, const struct entry_detail *detail, struct verdict verdict,
		     const struct detail_place *place, const struct timer *timer)
{
	uint32_t number = verdict.row == 4 ? timer->place_freed_stack : timer->payload_freed_stack;
	const struct merged_stack *stack = stack_index_get(place->stacks, number);

	if (!stack)
		return -1;
	if (stack->count == 0)
		return 0;
	if (!entry->freed_by && same_end(&entry->detail, detail))
		entry->freed_by = stack;
	/* Timers that are freed in a loop come one after the other. */
	if (entry->freer_count && entry->freers[entry->freer_count - 1] == stack)
		return 0;
	if (!array_grow(&entry->freers, entry->freer_count, &entry->freer_capacity,
			sizeof(struct merged_stack *)))
		return -1;
	entry->freers[entry->freer_count++] = stack;
	return 0;
}

/* ---- an entry ----------------------------------------------------------------------------- */

static void describe(struct entry_detail *detail, struct verdict verdict,
		     const struct detail_place *place, const struct timer *timer)
{
	if (verdict.class == CLASS_STATIC_HANDLE)
		describe_holder(detail, place, timer);
	if (verdict.class == CLASS_ORPHANED)
		describe_orphan(detail, verdict, place, timer);
}

static bool is_another(const struct entry *entry, const struct entry_detail *detail)
{
	switch (entry->verdict.class) {
	case CLASS_STATIC_HANDLE:
		return !same_holder(&entry->detail, detail);
	case CLASS_ORPHANED:
		return !same_end(&entry->detail, detail);
	default:
		return false;
	}
}

int group_detail_add(struct entry *entry, struct verdict verdict, const struct detail_place *place,
		     const struct timer *timer)
{
	struct entry_detail detail = {
	    .waited_for = timer->facts & TL_FACT_BLOCKED_ON,
	    .in_ring = timer->facts & TL_FACT_IN_RING,
	    .end_state = place->image->header.end_state,
	    .end_status = place->image->header.end_status,
	    .alive = place->image->alive,
	};

	/* Names of variables are dear, and one is enough. */
	if (entry->detail.others && verdict.class == CLASS_STATIC_HANDLE)
		return 0;
	describe(&detail, verdict, place, timer);
	if (entry->count == 0)
		entry->detail = detail;
	else if (is_another(entry, &detail))
		entry->detail.others = true;
	return verdict.class == CLASS_ORPHANED ? add_freer(entry, &detail, verdict, place, timer)
					       : 0;
}

static int compare_stacks(const void *a, const void *b)
{
	const struct merged_stack *x = *(const struct merged_stack *const *)a;
	const struct merged_stack *y = *(const struct merged_stack *const *)b;

	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

void group_detail_finish(struct entry *entry)
{
	size_t i, kept = 0;

	if (entry->freer_count == 0)
		return;
	qsort(entry->freers, entry->freer_count, sizeof(struct merged_stack *), compare_stacks);
	for (i = 1; i < entry->freer_count; i++)
		if (entry->freers[i] != entry->freers[kept])
			entry->freers[++kept] = entry->freers[i];
	entry->freer_count = kept + 1;
}
